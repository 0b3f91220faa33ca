/** A number of draws comes in; evenly spread standard normal values go out (sobol.py). */

export class NormalDraws {
  /** @param {object} sobol direction numbers and digital shifts of each dimension, as integers */
  constructor({ bits, directions, shifts }) {
    Object.assign(this, { directions, shifts });
    this.quantiles = Float64Array.from({ length: 2 ** bits }, (_, k) =>
      normalQuantile((k + 0.5) / 2 ** bits),
    );
    this.known = new Map();
  }

  /** Standard normal values of one dimension. */
  of(dimension, draws) {
    const key = `${dimension} ${draws}`;
    if (!this.known.has(key)) {
      if (!this.directions[dimension]) throw new RangeError("more uncertain numbers than draws");
      const points = new Int32Array(draws);
      for (let filled = 1, bit = 0; filled < draws; filled *= 2, bit++) {
        for (let j = 0; j < filled; j++) {
          points[filled + j] = points[j] ^ this.directions[dimension][bit];
        }
      }
      const shift = this.shifts[dimension];
      const values = new Float64Array(draws);
      for (let j = 0; j < draws; j++) values[j] = this.quantiles[points[j] ^ shift];
      this.known.set(key, values);
    }
    return this.known.get(key);
  }
}

/**
 * The quantile function of the standard normal distribution.
 *
 * Wichura (1988), algorithm AS 241, doi:10.2307/2347330: about 16 digits, and what Python's
 * statistics.NormalDist computes.
 */
export function normalQuantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * rational(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  return Math.sign(q) * (r <= 5 ? rational(MIDDLE, r - 1.6) : rational(TAIL, r - 5));
}

const rational = ([above, below], x) => polynomial(above, x) / polynomial(below, x);
const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

const CENTRE = [
  [
    2.50908_09287_30122_6727e3, 3.34305_75583_58812_8105e4, 6.72657_70927_00870_0853e4,
    4.59219_53931_54987_1457e4, 1.37316_93765_50946_1125e4, 1.97159_09503_06551_4427e3,
    1.33141_66789_17843_7745e2, 3.38713_28727_96366_608,
  ],
  [
    5.22649_52788_52854_561e3, 2.87290_85735_72194_2674e4, 3.93078_95800_09271_061e4,
    2.12137_94301_58659_5867e4, 5.39419_60214_24751_1077e3, 6.87187_00749_20579_083e2,
    4.23133_30701_60091_1252e1, 1,
  ],
];
const MIDDLE = [
  [
    7.74545_01427_83414_07640e-4, 2.27238_44989_26918_45833e-2, 2.41780_72517_74506_11770e-1,
    1.27045_82524_52368_38258, 3.64784_83247_63204_60504, 5.76949_72214_60691_40550,
    4.63033_78461_56545_29590, 1.42343_71107_49683_57734,
  ],
  [
    1.05075_00716_44416_84324e-9, 5.47593_80849_95344_94600e-4, 1.51986_66563_61645_71966e-2,
    1.48103_97642_74800_74590e-1, 6.89767_33498_51000_04550e-1, 1.67638_48301_83803_84940,
    2.05319_16266_37758_82187, 1,
  ],
];
const TAIL = [
  [
    2.01033_43992_92288_13265e-7, 2.71155_55687_43487_57815e-5, 1.24266_09473_88078_43860e-3,
    2.65321_89526_57612_30930e-2, 2.96560_57182_85048_91230e-1, 1.78482_65399_17291_33580,
    5.46378_49111_64114_36990, 6.65790_46435_01103_77720,
  ],
  [
    2.04426_31033_89939_78564e-15, 1.42151_17583_16445_88870e-7, 1.84631_83175_10054_68180e-5,
    7.86869_13114_56132_59100e-4, 1.48753_61290_85061_48525e-2, 1.36929_88092_27358_05310e-1,
    5.99832_20655_58879_37690e-1, 1,
  ],
];

/**
 * Read quantiles off weighted values, between the middles of their weights.
 *
 * Putting all values in order would take longer than the search: around one of them those below it
 * go to its left, and the side that the quantile is on is searched the same way.
 */
export function weightedQuantiles(values, weights, shares) {
  const order = Uint32Array.from(values, (_, i) => i);
  return shares.map((share) => {
    let [start, end, before] = [0, order.length, 0];
    let [below, above] = [null, null]; // the values next to the share, and where their middles are
    while (start < end) {
      const place = divide(order, start, end, values);
      let weight = before;
      for (let i = start; i <= place; i++) weight += weights[order[i]];
      const at = order[place];
      const one = { value: values[at], middle: weight - weights[at] / 2 };
      if (one.middle > share) [above, end] = [one, place];
      else [below, start, before] = [one, place + 1, weight];
    }
    if (!below || !above) return (below ?? above).value;
    const part = (share - below.middle) / (above.middle - below.middle);
    return below.value + part * (above.value - below.value);
  });
}

/** Put what comes before one of some values to its left, and give the place where it then is. */
function divide(order, start, end, values) {
  const middle = (start + end) >> 1;
  const chosen = order[middle];
  const value = values[chosen];
  order[middle] = order[end - 1];
  let place = start;
  for (let i = start; i < end - 1; i++) {
    const one = order[i];
    if (values[one] < value || (values[one] === value && one < chosen)) {
      order[i] = order[place];
      order[place++] = one;
    }
  }
  order[end - 1] = order[place];
  order[place] = chosen;
  return place;
}
