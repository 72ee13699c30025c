//! What silos say to each other, byte by byte.

use bytes::Bytes;
use futures_util::{Stream as Coming, StreamExt as _};
use pizza_types::SiloId;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::error::Error;
use super::limits::Limits;
use super::versions::{TELLS_LIMITS, TELLS_NOT_UNDERSTOOD, Versions, since};
use crate::network::{Request, Response};

/// The longest frame before both sides have greeted, in bytes: whoever has not said who it is gets no more
/// of this silo's memory.
pub(super) const GREETING_BYTES_MAX: usize = 16 << 10;

/// The first frame of whoever opens a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// The highest version that it speaks, and the lowest.
    pub protocol: u16,
    pub protocol_oldest: u16,
    pub from: SiloId,
    /// Whom it expects to find. Behind an address there may be another silo by now.
    pub to: SiloId,
    /// What it takes; the first version did not say.
    #[serde(default)]
    pub limits: Option<Limits>,
}

/// The answer to it, also a frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Welcome {
    /// From now on this version is spoken, the first.
    Speak(u16),
    /// The connection ends here.
    Refused(String),
    /// From now on this version is spoken, within these limits.
    Agreed(Agreed),
}

/// What both sides keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub version: u16,
    pub limits: Limits,
}

impl Agreed {
    pub(super) fn tells_too_large(self) -> bool {
        self.version >= TELLS_LIMITS
    }

    pub(super) fn tells_not_understood(self) -> bool {
        self.version >= TELLS_NOT_UNDERSTOOD
    }

    /// Whether the version has this request.
    pub(super) fn has(self, request: &Request) -> bool {
        since(request) <= self.version
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    pub number: u64,
    pub request: Request,
}

/// One of the three is there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    pub number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// In its place, from the second version on: the response is longer than the other side takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_large: Option<TooLarge>,
    /// In its place, from the third version on: the request is none that the answering silo knows. These are
    /// the versions that it speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_understood: Option<Versions>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooLarge {
    pub bytes: usize,
    pub bytes_max: usize,
}

impl Answered {
    pub(super) fn with(number: u64, response: Response) -> Self {
        Self {
            number,
            response: Some(response),
            too_large: None,
            not_understood: None,
        }
    }
}

/// As much of a frame as any version understands.
#[derive(Deserialize)]
struct Asking {
    number: u64,
    #[serde(rename = "request")]
    _request: IgnoredAny,
}

#[derive(Deserialize)]
struct Answering {
    number: u64,
}

/// The number of a request that is not known itself.
pub(super) fn number_of_asked(frame: &[u8]) -> Option<u64> {
    decode(frame).ok().map(|Asking { number, .. }| number)
}

/// The number of an answer that is not understood otherwise.
pub(super) fn number_of_answer(frame: &[u8]) -> Option<u64> {
    decode(frame).ok().map(|Answering { number }| number)
}

/// A connection, cut into frames.
pub(super) type Frames<S> = Framed<S, LengthDelimitedCodec>;

pub(super) fn framed<S: AsyncRead + AsyncWrite>(stream: S, frame_bytes_max: usize) -> Frames<S> {
    let mut codec = LengthDelimitedCodec::builder();
    codec
        .max_frame_length(frame_bytes_max)
        .length_field_length(4);
    Framed::new(stream, codec.new_codec())
}

/// The next frame; `None` at the end of the connection.
pub(super) async fn next<S>(frames: &mut S, bytes_max: usize) -> Result<Option<BytesMut>, Error>
where
    S: Coming<Item = std::io::Result<BytesMut>> + Unpin,
{
    let frame = frames.next().await.transpose();
    frame.map_err(|error| Error::of_frames(error, bytes_max))
}

/// # Errors
/// What cannot be said; it is no fault of the other side.
pub(super) fn encode(value: &impl Serialize, bytes_max: usize) -> Result<Bytes, Error> {
    // By name, so that either side may have fields that the other one does not know yet.
    let frame = rmp_serde::to_vec_named(value).map_err(Error::NotSayable)?;
    let bytes = frame.len();
    if bytes > bytes_max {
        return Err(Error::TooLarge { bytes, bytes_max });
    }
    Ok(frame.into())
}

/// # Errors
/// What is not understood, and why.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    rmp_serde::from_slice(bytes).map_err(Error::NotUnderstood)
}

/// What is agreed with whoever said hello.
///
/// # Errors
/// When there is no common version.
pub(super) fn agree(hello: &Hello, ours: Versions, limits: Limits) -> Result<Agreed, Error> {
    let theirs = Versions {
        oldest: hello.protocol_oldest,
        newest: hello.protocol,
    };
    let of = hello.from.clone();
    let none = Error::NoCommonVersion { ours, theirs, of };
    Ok(Agreed {
        version: ours.common(theirs).ok_or(none)?,
        limits: hello.limits.map_or(limits, |theirs| limits.and(theirs)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(protocol_oldest: u16, protocol: u16) -> Hello {
        Hello {
            protocol,
            protocol_oldest,
            from: SiloId("a.1".into()),
            to: SiloId("b.2".into()),
            limits: None,
        }
    }

    #[test]
    fn without_a_common_version_both_ranges_are_told() {
        let ours = Versions {
            oldest: 2,
            newest: 3,
        };
        let agreed = agree(&hello(1, 2), ours, Limits::default());
        assert_eq!(agreed.expect("2 is common").version, 2);
        for (oldest, newest) in [(4, 9), (0, 1)] {
            let refused = agree(&hello(oldest, newest), ours, Limits::default());
            let refused = refused.expect_err("none is common").to_string();
            let both = refused.contains("speaks versions 2 to 3")
                && refused.contains(&format!("a.1 speaks {oldest} to {newest}"));
            assert!(both, "{refused}");
        }
    }

    #[test]
    fn unknown_fields_are_passed_over_and_nonsense_is_refused() {
        #[derive(Serialize)]
        struct Newer {
            protocol: u16,
            protocol_oldest: u16,
            from: SiloId,
            to: SiloId,
            region: &'static str,
        }
        let newer = Newer {
            protocol: 3,
            protocol_oldest: 1,
            from: SiloId("a.1".into()),
            to: SiloId("b.2".into()),
            region: "north",
        };
        let bytes = encode(&newer, GREETING_BYTES_MAX).expect("encoded");
        let read: Hello = decode(&bytes).expect("read");
        assert_eq!((read.protocol, &*read.from.0), (3, "a.1"));
        assert!(decode::<Hello>(b"GET / HTTP/1.1").is_err());
    }

    /// What the first version writes and reads, as it was written then.
    #[test]
    fn an_answer_is_the_same_in_both_versions() {
        #[derive(Serialize, Deserialize)]
        struct First {
            number: u64,
            response: Response,
        }
        let answered = Answered::with(7, Response::Done);
        let bytes = encode(&answered, 1_000).expect("encoded");
        let first: First = decode(&bytes).expect("read");
        assert!(matches!(first.response, Response::Done));
        let bytes_of_first = encode(&first, 1_000).expect("encoded");
        assert_eq!(bytes, bytes_of_first);
        let answered: Answered = decode(&bytes_of_first).expect("read");
        assert!(matches!(answered.response, Some(Response::Done)));
    }
}
