//! Scalars of trace documents, read as the field that holds them wants: numbers that stand in
//! strings, enums by number or name, ids in hex, bytes in base64. `None`: an odd value, which the
//! caller leaves out.

use super::string::Raw;
use super::token::Scalar;

/// The characters of the scalar where it is a number or a string without escapes.
#[inline]
fn digits<'a>(scalar: &Scalar<'a>) -> Option<&'a [u8]> {
    match *scalar {
        Scalar::Number(bytes) => Some(bytes),
        Scalar::Text(Raw {
            bytes,
            escaped: false,
        }) => Some(bytes.trim_ascii()),
        _ => None,
    }
}

/// Decimal digits alone, without overflow.
#[inline]
pub fn whole(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    // Nineteen digits always fit.
    let (safe, rest) = digits.split_at(digits.len().min(19));
    let (eights, safe) = safe.as_chunks::<8>();
    let mut value = 0u64;
    for eight in eights {
        value = value * 100_000_000 + eight_digits(*eight)?;
    }
    for digit in safe {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    for digit in rest {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The value of eight digits, pairs of them first, then fours: three products in place of eight.
#[inline]
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes(*b"00000000");
    let digits = u64::from_le_bytes(digits) ^ ZEROS;
    // Above nine, six more reach the next four bits.
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// The double that a number, or text of one, `NaN` or `Infinity` stands for.
#[must_use]
pub fn double(scalar: &Scalar<'_>) -> Option<f64> {
    let digits = digits(scalar)?;
    match digits {
        b"NaN" => Some(f64::NAN),
        b"Infinity" => Some(f64::INFINITY),
        b"-Infinity" => Some(f64::NEG_INFINITY),
        _ if matches!(scalar, Scalar::Number(_)) || super::number::is_number(digits) => {
            std::str::from_utf8(digits).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// A whole number in the range of `int64`, also where written `3.0` or `3e2`.
#[inline]
#[must_use]
pub fn int(scalar: &Scalar<'_>) -> Option<i64> {
    let digits = digits(scalar)?;
    let (is_negative, magnitude) = match digits.strip_prefix(b"-") {
        Some(magnitude) => (true, magnitude),
        None => (false, digits),
    };
    if let Some(value) = whole(magnitude) {
        return if is_negative {
            0i64.checked_sub_unsigned(value)
        } else {
            i64::try_from(value).ok()
        };
    }
    let value = double(scalar)?;
    let is_whole = value.fract() == 0.0 && (-9.3e18..9.3e18).contains(&value);
    (is_whole && value as i128 == i128::from(value as i64)).then_some(value as i64)
}

/// A whole number in the range of `uint64`.
#[inline]
#[must_use]
pub fn uint(scalar: &Scalar<'_>) -> Option<u64> {
    if let Some(value) = whole(digits(scalar)?) {
        return Some(value);
    }
    let value = double(scalar)?;
    let is_whole = value.fract() == 0.0 && (0.0..1.8e19).contains(&value);
    is_whole.then_some(value as u64)
}

#[must_use]
pub fn boolean(scalar: &Scalar<'_>) -> Option<bool> {
    match scalar {
        Scalar::Bool(value) => Some(*value),
        Scalar::Text(raw) if raw.bytes == b"true" => Some(true),
        Scalar::Text(raw) if raw.bytes == b"false" => Some(false),
        _ => None,
    }
}

/// An enum by its number or by its name, with or without its prefix, in any case.
#[must_use]
pub fn choice(scalar: &Scalar<'_>, prefix: &str, names: &[&str]) -> Option<u64> {
    if let Some(value) = int(scalar) {
        return u64::try_from(value).ok();
    }
    let text = digits(scalar)?.to_ascii_uppercase();
    let name = text.strip_prefix(prefix.as_bytes()).unwrap_or(&text);
    let index = names.iter().position(|known| known.as_bytes() == name)?;
    Some(index as u64)
}

/// Names of `SpanKind` by number.
pub const SPAN_KINDS: [&str; 6] = [
    "UNSPECIFIED",
    "INTERNAL",
    "SERVER",
    "CLIENT",
    "PRODUCER",
    "CONSUMER",
];

/// Names of `StatusCode` by number.
pub const STATUS_CODES: [&str; 3] = ["UNSET", "OK", "ERROR"];

/// An id of `N` bytes: `2N` hex digits, or base64 as plain protobuf JSON writes bytes. Anything
/// else is `None`; the empty id is `None` too.
#[must_use]
pub fn id<const N: usize>(raw: Raw<'_>) -> Option<[u8; N]> {
    let mut id = [0; N];
    if raw.bytes.len() == 2 * N {
        let mut odd = 0;
        for (byte, [high, low]) in id.iter_mut().zip(raw.bytes.as_chunks().0) {
            let (high, low) = (
                HEX_DIGITS[usize::from(*high)],
                HEX_DIGITS[usize::from(*low)],
            );
            odd |= high | low;
            *byte = high << 4 | low;
        }
        return (odd < 16).then_some(id);
    }
    // Base64 leaves its padding away, or not.
    let unpadded = (8 * N).div_ceil(6);
    if raw.bytes.last() != Some(&b'=') && raw.bytes.len() != unpadded {
        return None;
    }
    let mut bytes = Vec::with_capacity(N);
    base64(&raw.unescape(), &mut bytes).then_some(())?;
    bytes.try_into().ok()
}

/// As [`id`], but of up to `2N` hex digits: Jaeger and Zipkin leave leading zeros out.
#[must_use]
pub fn short_id<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    if hex.is_empty() || hex.len() > 2 * N {
        return None;
    }
    let mut id = [0; N];
    for (place, &digit) in hex.iter().rev().enumerate() {
        id[N - 1 - place / 2] |= hex_digit(digit)? << (4 * (place % 2));
    }
    Some(id)
}

/// What each byte stands for as a hex digit; of no digit above 15.
const HEX_DIGITS: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[inline]
fn hex_digit(digit: u8) -> Option<u8> {
    let value = HEX_DIGITS[usize::from(digit)];
    (value < 16).then_some(value)
}

/// Appends the bytes that pairs of hex digits stand for. `false`: they are none.
pub fn hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    });
    for byte in pairs {
        let Some(byte) = byte else {
            return false;
        };
        out.push(byte);
    }
    true
}

/// Appends what `text` encodes (RFC 4648, either alphabet, padding optional). `false`: not base64;
/// then nothing useful was appended.
pub fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.trim_ascii_end();
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    let text = &text[..text.len() - padding];
    if padding > 2 || text.len() % 4 == 1 {
        return false;
    }
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for &digit in group {
            let Some(value) = base64_digit(digit) else {
                return false;
            };
            bits = bits << 6 | value;
        }
        bits <<= 6 * (4 - group.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    true
}

fn base64_digit(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Scalar<'_> {
        Scalar::Text(Raw {
            bytes: text.as_bytes(),
            escaped: false,
        })
    }

    #[test]
    fn numbers_stand_in_strings_too() {
        assert_eq!(int(&text("-9223372036854775808")), Some(i64::MIN));
        assert_eq!(int(&Scalar::Number(b"3.0")), Some(3));
        assert_eq!(int(&Scalar::Number(b"3.5")), None);
        assert_eq!(int(&text("9223372036854775808")), None);
        assert_eq!(int(&text("-9223372036854775809")), None);
        assert_eq!(uint(&text("18446744073709551616")), None);
        assert_eq!(uint(&text("000000000000000000000000000007")), Some(7));
        assert_eq!(int(&text("-")), None);
        assert_eq!(int(&text("")), None);
        assert_eq!(uint(&text("18446744073709551615")), Some(u64::MAX));
        assert_eq!(uint(&Scalar::Number(b"-1")), None);
        assert_eq!(double(&text("-Infinity")), Some(f64::NEG_INFINITY));
        assert!(double(&text("NaN")).is_some_and(f64::is_nan));
        assert_eq!(double(&text("abc")), None);
        assert_eq!(double(&text("inf")), None);
    }

    #[test]
    fn enums_go_by_number_or_name() {
        let kind = |scalar| choice(&scalar, "SPAN_KIND_", &SPAN_KINDS);
        assert_eq!(kind(text("SPAN_KIND_SERVER")), Some(2));
        assert_eq!(kind(text("client")), Some(3));
        assert_eq!(kind(text("4")), Some(4));
        assert_eq!(kind(Scalar::Number(b"5")), Some(5));
        assert_eq!(kind(text("telephone")), None);
    }

    #[test]
    fn ids_are_hex_in_any_case_or_padded_base64() {
        let raw = |bytes: &'static [u8]| Raw {
            bytes,
            escaped: false,
        };
        let wanted = [0xab, 1, 2, 3, 4, 5, 6, 0xff];
        assert_eq!(id::<8>(raw(b"AB010203040506ff")), Some(wanted));
        assert_eq!(id::<8>(raw(b"qwECAwQFBv8=")), Some(wanted));
        assert_eq!(id::<8>(raw(b"")), None);
        assert_eq!(id::<8>(raw(b"zz010203040506ff")), None);
        assert_eq!(short_id::<8>(b"1ff"), Some([0, 0, 0, 0, 0, 0, 1, 0xff]));
        assert_eq!(short_id::<8>(b"00112233445566778"), None);
    }

    #[test]
    fn base64_of_every_length() {
        let read = |text: &str| {
            let mut out = Vec::new();
            base64(text.as_bytes(), &mut out).then_some(out)
        };
        assert_eq!(read(""), Some(vec![]));
        assert_eq!(read("/w=="), Some(vec![255]));
        assert_eq!(read("_w"), Some(vec![255]));
        assert_eq!(read("AAEC"), Some(vec![0, 1, 2]));
        assert_eq!(read("A"), None);
        assert_eq!(read("A*=="), None);
    }
}
