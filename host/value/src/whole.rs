//! Whole numbers that were written with a point or an exponent. JSON Schema calls `1.0` and
//! `1e3` integers; serde does not.

use std::borrow::Cow;

/// The most digits of an integer of 64 bits; the check also bounds how many zeros are written
/// out.
const DIGITS_MAX: usize = 20;

/// The document with `1.0`, `1e3` and `1795828167781.0` as `1`, `1000` and `1795828167781`,
/// digit by digit, so that nothing is rounded. Everything else stays as it is: `1.5`, what no
/// integer of 64 bits can be, strings, and what is no JSON.
#[must_use]
pub fn whole_numbers(json: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    // Of what has been looked at, all before this is in `out`.
    let (mut copied, mut at) = (0, 0);
    while at < json.len() {
        match json[at] {
            b'"' => at = string_end(json, at),
            b'-' | b'0'..=b'9' => {
                let end = number_end(json, at);
                if let Some(whole) = integer(&json[at..end]) {
                    let out = out.get_or_insert_with(|| Vec::with_capacity(json.len()));
                    out.extend_from_slice(&json[copied..at]);
                    out.extend_from_slice(whole.as_bytes());
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    match out {
        Some(mut out) => {
            out.extend_from_slice(&json[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(json),
    }
}

/// The position behind the closing quote, or the end of the document.
fn string_end(json: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while at < json.len() {
        match json[at] {
            // Whatever is escaped, a quote among it, does not end the string.
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

fn number_end(json: &[u8], from: usize) -> usize {
    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = json[from..].iter().take_while(|byte| part(byte)).count();
    from + length
}

/// The integer that the number is, if it is one and is written as something else.
fn integer(number: &[u8]) -> Option<String> {
    let written_otherwise = |byte: &u8| matches!(byte, b'.' | b'e' | b'E');
    // `-0` has neither, and serde_json takes it for a fraction all the same.
    if number != b"-0" && !number.iter().any(written_otherwise) {
        return None;
    }
    let text = std::str::from_utf8(number).ok()?;
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (before, behind) = match mantissa.split_once('.') {
        Some((before, behind)) if is_digits(behind) => (before, behind),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    // What is no JSON number must not become one here.
    if !is_digits(before) || (before.len() > 1 && before.starts_with('0')) {
        return None;
    }
    let digits = format!("{before}{behind}");
    // Zeros at the end go into the shift: `1.50e1` is 15 as much as `1.5e1` is.
    let significant = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let shift = exponent
        .checked_sub(i64::try_from(behind.len()).ok()?)?
        .checked_add(zeros)?;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        // Of integers there is one zero.
        return Some("0".to_owned());
    }
    // Below zero it is a fraction, which stays as it is.
    let shift = usize::try_from(shift).ok()?;
    if significant.len().saturating_add(shift) > DIGITS_MAX {
        return None;
    }
    let whole = format!("{sign}{significant}{}", "0".repeat(shift));
    let fits = whole.parse::<u64>().is_ok() || whole.parse::<i64>().is_ok();
    fits.then_some(whole)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // One that does not fit makes no integer, or zero, which the parser may have as it is.
    is_digits(digits).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for (given, expected) in [
            ("1.0", "1"),
            ("-1.0", "-1"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("12.50e1", "125"),
            ("1200e-2", "12"),
            ("1795828167781.0", "1795828167781"),
            ("0.0", "0"),
            ("-0.0", "0"),
            ("-0", "0"),
            ("0e400", "0"),
            ("100.00", "100"),
            // Beyond what a double can tell apart.
            ("9007199254740993.0", "9007199254740993"),
            ("18446744073709551615.0", "18446744073709551615"),
            ("-9223372036854775808.0", "-9223372036854775808"),
            (
                r#"{"a": 1.0, "b": [2.50, 3.0]}"#,
                r#"{"a": 1, "b": [2.50, 3]}"#,
            ),
        ] {
            let whole = whole_numbers(given.as_bytes());
            assert_eq!(std::str::from_utf8(&whole), Ok(expected), "{given}");
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for given in [
            "1.5",
            "-0.1",
            "1e-1",
            "1e400",
            "1e20",
            "18446744073709551616.0",
            "-9223372036854775809.0",
            "9223372036854775807",
            "1e99999999999999999999",
            "0.30000000000000004",
            "1.",
            ".0",
            "01.0",
            "1.0.0",
            "1e",
            "--1.0",
            "-",
            "1.0e+-3",
            r#""1.0""#,
            r#"{"1.0": "\"2.0", "x": "\\"}"#,
            r#""never closed 1.0"#,
            "\"\\",
            "",
            "ä 1.5",
        ] {
            let whole = whole_numbers(given.as_bytes());
            assert!(matches!(whole, Cow::Borrowed(_)), "{given}");
            assert_eq!(&*whole, given.as_bytes());
        }
    }
}
