//! What a receiver's answer means.

use std::time::{Duration, SystemTime};

use hyper::StatusCode;

use crate::post::{Answer, PostError};

/// The longest pause that a receiver may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What becomes of a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged,
    /// The receiver wants nothing more, ever.
    Gone {
        error: String,
    },
    Failed {
        error: String,
        /// How long the receiver wants to be left alone at least.
        retry_after: Option<Duration>,
    },
}

/// What an attempt came to, at a time in milliseconds since 1970.
pub(crate) fn outcome(posted: &Result<Answer, PostError>, now_ms: u64) -> Outcome {
    let answer = match posted {
        Ok(answer) => answer,
        Err(error) => {
            let (error, retry_after) = (error.to_string(), None);
            return Outcome::Failed { error, retry_after };
        }
    };
    let status = answer.status;
    let mut error = format!("it answers {status}");
    if status.is_redirection() {
        error += ", and where it points to is not followed";
    }
    if !answer.text.is_empty() {
        error += &format!(": {}", answer.text);
    }
    if status.is_success() {
        Outcome::Acknowledged
    } else if status == StatusCode::GONE {
        Outcome::Gone { error }
    } else {
        let asked = answer.retry_after.as_deref();
        let retry_after = asked.and_then(|text| pause(text, now_ms));
        Outcome::Failed { error, retry_after }
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn pause(text: &str, now_ms: u64) -> Option<Duration> {
    let pause = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = httpdate::parse_http_date(text.trim()).ok()?;
            let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            since.saturating_sub(Duration::from_millis(now_ms))
        }
    };
    Some(pause.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> Outcome {
        let answer = Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: retry_after.map(str::to_owned),
            text: "why".to_owned(),
        };
        outcome(&Ok(answer), 784_111_777_000)
    }

    #[test]
    fn only_a_success_is_one() {
        for status in [200, 202, 204, 299] {
            assert_eq!(answered(status, None), Outcome::Acknowledged, "{status}");
        }
        for status in [301, 302, 307, 400, 404, 409, 429, 500, 503] {
            let Outcome::Failed { error, .. } = answered(status, None) else {
                panic!("{status} is a failure");
            };
            assert!(error.contains(&status.to_string()), "{error}");
        }
        let gone = answered(410, None);
        assert!(matches!(gone, Outcome::Gone { .. }), "{gone:?}");
    }

    #[test]
    fn a_pause_that_is_asked_for_is_understood_and_bounded() {
        for (text, expected_s) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            // The date of the RFC's examples, and twenty seconds later.
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:57 GMT", Some(20)),
            ("Sat, 06 Nov 1993 08:49:57 GMT", Some(0)),
            ("99999999999", Some(24 * 60 * 60)),
            ("soon", None),
            ("-1", None),
        ] {
            let Outcome::Failed { retry_after, .. } = answered(503, Some(text)) else {
                panic!("503 is a failure");
            };
            assert_eq!(
                retry_after.map(|pause| pause.as_secs()),
                expected_s,
                "{text}"
            );
        }
    }
}
