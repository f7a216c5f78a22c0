/** The float16 at `at`: its bits moved to a float32's places, and 2^112 that the exponents' biases differ by. Exact. */
export function float16At(at: usize): f64 {
  const bits = <u32>load<u16>(at);
  const magnitude = (bits & 0x7fff) << 13;
  const special: u32 = (bits & 0x7c00) === 0x7c00 ? 0x7f800000 : 0;
  const scaled = reinterpret<u32>(reinterpret<f32>(magnitude) * BIAS);
  return <f64>reinterpret<f32>(scaled | special | ((bits & 0x8000) << 16));
}

/** The bfloat16 at `at`: the upper half of a float32. */
export function bfloat16At(at: usize): f64 {
  return <f64>reinterpret<f32>((<u32>load<u16>(at)) << 16);
}

/** 2^112 */
export const BIAS: f32 = 5.192296858534828e33;
