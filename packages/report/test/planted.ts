import { type Given, normals, planes } from "./tensors.js";

/** Data sets with one thing about them that the adviser and the linter should see. `[N, C, H, W]` float32 unless said. */
export const PLANTED = {
  /** Every image is like every other: only noise. */
  mixed(): Given {
    const normal = normals(1);
    return { shape: [400, 4, 8, 8], data: planes(400, 4, 64, () => 5 + normal()) };
  },

  /** Each image has its own brightness and contrast. */
  styles(samples = 400): Given {
    const normal = normals(2);
    const style = Array.from({ length: samples * 3 }, () => [2 * normal(), Math.exp(normal() / 3)] as const);
    const data = planes(samples, 3, 64, (n, c) => {
      const [shift, contrast] = style[n * 3 + c] as readonly [number, number];
      return shift + contrast * normal();
    });
    return { shape: [samples, 3, 8, 8], data };
  },

  /** Four classes of their own brightness, one after the other or in turn; with their labels. */
  classes(order: "sorted" | "mixed"): Given & { labels: number[] } {
    const normal = normals(3);
    const labels = Array.from({ length: 800 }, (_, n) => (order === "sorted" ? Math.floor(n / 200) : (n * 7919) % 4));
    const data = planes(800, 2, 64, (n) => (labels[n] as number) + normal());
    return { shape: [800, 2, 8, 8], data, labels };
  },

  /** Channels 1 and 3 constant, channel 2 but for rounding. */
  constants(): Given {
    const normal = normals(4);
    const data = planes(200, 4, 64, (_, c, i) => (c === 1 ? 7 : c === 3 ? 0 : c === 2 ? (i === 0 ? 1000.0001 : 1000) : normal()));
    return { shape: [200, 4, 8, 8], data };
  },

  /** Pictures [N, H, W, 3] whose rows are smooth, as NCHW. */
  swapped(): Given {
    const normal = normals(5);
    const tilt = Array.from({ length: 300 }, () => [normal(), normal()] as const);
    const data = planes(300, 32, 32 * 3, (n, y, i) => {
      const [level, slope] = tilt[n] as readonly [number, number];
      return level + slope * (y / 32) + 0.2 * (i % 3) + 0.1 * normal();
    });
    return { shape: [300, 32, 32, 3], data, layout: "NCHW" };
  },

  table(): Given {
    const normal = normals(6);
    return { shape: [500, 5], data: planes(500, 5, 1, (_, c) => 10 * c + normal()), layout: "NC" };
  },

  one(): Given {
    const normal = normals(7);
    return { shape: [1, 3, 16, 16], data: planes(1, 3, 256, () => normal()) };
  },

  /** NaN at sample 5, channel 1, [2, 3], +Inf at sample 9, channel 0, [0, 0]. */
  notFinite(): Given {
    const normal = normals(8);
    const data = planes(100, 2, 64, (n, c, i) =>
      n === 5 && c === 1 && i === 19 ? Number.NaN : n === 9 && c === 0 && i === 0 ? Infinity : normal(),
    );
    return { shape: [100, 2, 8, 8], data };
  },

  /** Sample 30 is sample 3 again, and samples 41 and 42 sample 40; sample 50 is a thousand times as large; sample 60 is blank. */
  samples(): Given {
    const normal = normals(9);
    const data = planes(100, 2, 64, () => normal());
    const copy = (from: number, to: number) => data.copyWithin(to * 128, from * 128, (from + 1) * 128);
    copy(3, 30);
    copy(40, 41);
    copy(40, 42);
    for (let i = 50 * 128; i < 51 * 128; i++) data[i] = (data[i] as number) * 1000;
    data.fill(0.5, 60 * 128, 61 * 128);
    return { shape: [100, 2, 8, 8], data };
  },
} as const;
