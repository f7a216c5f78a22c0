/** A tar archive by hand, apart from any library: ustar headers, and two blocks of zeros at its end. */
export function tar(members: readonly { readonly name: string; readonly data: Uint8Array }[]): Buffer {
  const blocks = members.flatMap(({ name, data }) => [
    headerOf(name, data.length),
    data,
    new Uint8Array((512 - (data.length % 512)) % 512),
  ]);
  return Buffer.concat([...blocks, new Uint8Array(1024)]);
}

function headerOf(name: string, byteLength: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write("0000644\0", 100);
  block.write(byteLength.toString(8).padStart(11, "0"), 124);
  block.write("        0", 148);
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
