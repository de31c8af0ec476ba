//! Tails of the normal and of the binomial distribution.
//!
//! Written here because the crates for it stop after a fixed number of steps, too few for millions of trials.

use std::f64::consts::PI;

/// How far from the mean, in standard deviations, a tail of `probability` (above 0, at most a half) begins on one
/// side. To some 1e-15 of itself.
///
/// Wichura, Algorithm AS 241 (Applied Statistics, 1988), PPND16.
pub(crate) fn normal_deviate(probability: f64) -> f64 {
    let polynomial = |coefficients: [f64; 8], at: f64| {
        let terms = coefficients.iter().rev();
        terms.fold(0.0, |sum, coefficient| sum * at + coefficient)
    };
    let from_median = 0.5 - probability;
    if from_median <= 0.425 {
        let at = 0.180_625 - from_median * from_median;
        return from_median * polynomial(NEAR.0, at) / polynomial(NEAR.1, at);
    }
    let root = (-probability.ln()).sqrt();
    let (coefficients, at) = match root {
        root if root <= 5.0 => (MIDDLE, root - 1.6),
        root => (FAR, root - 5.0),
    };
    polynomial(coefficients.0, at) / polynomial(coefficients.1, at)
}

type Coefficients = ([f64; 8], [f64; 8]);

const NEAR: Coefficients = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_545,
    ],
);

const MIDDLE: Coefficients = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const FAR: Coefficients = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

/// How likely at least `least` of `trials` succeed, where each does with `chance`. `least` is from 1 to `trials`, and
/// `chance` above 0 and below 1. It takes some `sqrt(trials)` steps.
#[cfg(test)]
pub(crate) fn at_least(least: u64, trials: u64, chance: f64) -> f64 {
    tail_of(least, trials, chance).0
}

/// The same, and by how much its logarithm grows with that of the chance.
pub(crate) fn tail_of(least: u64, trials: u64, chance: f64) -> (f64, f64) {
    // The regularised incomplete beta function I_chance(a, b).
    let (a, b) = (least as f64, (trials - least) as f64 + 1.0);
    let rest = 1.0 - chance;
    let (tail, slope) = if chance < (a + 1.0) / (a + b + 2.0) {
        let density = density(a, b, chance);
        (density * fraction(a, b, chance), a * density / rest)
    } else {
        let density = density(b, a, rest);
        (1.0 - density * fraction(b, a, rest), b * density / rest)
    };
    let tail = tail.clamp(0.0, 1.0);
    (tail, slope / tail)
}

/// x^a (1-x)^b / (a B(a, b)), by its distance from the peak, so that nothing large cancels (Loader, 2000).
fn density(a: f64, b: f64, x: f64) -> f64 {
    let all = a + b;
    let off = x * all - a;
    let power = a * (off / a).ln_1p() + b * (-off / b).ln_1p();
    let corrections = stirling_error(all) - stirling_error(a) - stirling_error(b);
    (power + corrections).exp() * (b / (2.0 * PI * all * a)).sqrt()
}

/// By how much ln Γ(x) exceeds (x - 1/2) ln x - x + ln(2π)/2.
fn stirling_error(x: f64) -> f64 {
    let (mut x, mut error) = (x, 0.0);
    while x < 16.0 {
        error += (x + 0.5) * (1.0 / x).ln_1p() - 1.0;
        x += 1.0;
    }
    let square = x * x;
    error
        + (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square)
            / x
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by the method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const SMALLEST: f64 = 1e-300;
    let nonzero = |value: f64| {
        if value.abs() < SMALLEST {
            SMALLEST
        } else {
            value
        }
    };
    let mut over = 1.0;
    let mut under = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = under;
    // More than any number of trials asks for that a machine could count.
    for step in 1..4_000_000 {
        let step = f64::from(step);
        let twice = a + 2.0 * step;
        let even = step * (b - step) * x / ((twice - 1.0) * twice);
        let odd = -(a + step) * (a + b + step) * x / (twice * (twice + 1.0));
        let before = value;
        for term in [even, odd] {
            under = 1.0 / nonzero(1.0 + term * under);
            over = nonzero(1.0 + term / over);
            value *= under * over;
        }
        if (value - before).abs() <= value.abs() * 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::stirling_error;

    /// ln Γ of an integer is the logarithm of a factorial, here to 60 digits before it was rounded.
    #[test]
    fn what_stirling_leaves_is_right_to_the_last_digits() {
        for (x, right) in [
            (1.0, 0.081_061_466_795_327_26),
            (5.0, 0.016_644_691_189_821_193),
            (15.0, 0.005_554_733_551_962_801),
            (16.0, 0.005_207_655_919_609_64),
            (20.0, 0.004_166_319_691_996_922),
            (100.0, 0.000_833_330_555_634_914_7),
        ] {
            let off = stirling_error(x) - right;
            assert!(off.abs() < 1e-13, "{x}: {off:e}");
        }
    }
}
