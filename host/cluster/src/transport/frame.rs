//! What silos say to each other, byte by byte.

use std::io;

use bytes::Bytes;
use pizza_types::SiloId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::dial::Stream;
use crate::network::{Request, Response};

/// The version of the protocol that this silo speaks best, and the oldest that it still speaks.
pub const PROTOCOL: u16 = 1;
pub const PROTOCOL_OLDEST: u16 = 1;
/// The longest frame, in bytes: more than the largest argument, reply or batch of events with all
/// that goes with it.
pub const FRAME_BYTES_MAX: usize = 32 << 20;

/// The first frame of whoever opens a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// The highest version that it speaks, and the lowest.
    pub protocol: u16,
    pub protocol_oldest: u16,
    pub from: SiloId,
    /// Whom it expects to find. Behind an address there may be another silo by now.
    pub to: SiloId,
}

/// The answer to it, also a frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Welcome {
    /// From now on this version is spoken.
    Speak(u16),
    /// The connection ends here.
    Refused(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    pub number: u64,
    pub request: Request,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    pub number: u64,
    pub response: Response,
}

/// A connection, cut into frames.
pub(super) type Frames = Framed<Box<dyn Stream>, LengthDelimitedCodec>;

pub(super) fn framed(stream: Box<dyn Stream>) -> Frames {
    let mut codec = LengthDelimitedCodec::builder();
    codec
        .max_frame_length(FRAME_BYTES_MAX)
        .length_field_length(4);
    Framed::new(stream, codec.new_codec())
}

/// # Errors
/// What cannot be said; it is no fault of the other side.
pub(super) fn encode(value: &impl Serialize) -> io::Result<Bytes> {
    // By name, so that either side may have fields that the other one does not know yet.
    let bytes = rmp_serde::to_vec_named(value).map_err(io::Error::other)?;
    if bytes.len() > FRAME_BYTES_MAX {
        let bytes = bytes.len();
        let text = format!("a frame of {bytes} bytes; {FRAME_BYTES_MAX} are allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok(bytes.into())
}

/// # Errors
/// What is not understood, and why.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    let read = rmp_serde::from_slice(bytes);
    read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The version that both speak best.
///
/// # Errors
/// When there is none, in words for the other side.
pub(super) fn agree(hello: &Hello) -> Result<u16, String> {
    let best = hello.protocol.min(PROTOCOL);
    if best < PROTOCOL_OLDEST || best < hello.protocol_oldest {
        let (theirs, oldest) = (hello.protocol, hello.protocol_oldest);
        return Err(format!(
            "this silo speaks versions {PROTOCOL_OLDEST} to {PROTOCOL} of the protocol, {} speaks {oldest} to {theirs}",
            hello.from
        ));
    }
    Ok(best)
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
        }
    }

    #[test]
    fn the_best_version_of_both_is_spoken() {
        assert_eq!(agree(&hello(1, 1)), Ok(1));
        assert_eq!(
            agree(&hello(1, 9)),
            Ok(1),
            "a newer one that still speaks ours"
        );
        let refused = agree(&hello(2, 9)).expect_err("it does not speak ours");
        assert!(refused.contains("a.1 speaks 2 to 9"), "{refused}");
        assert!(agree(&hello(0, 0)).is_err());
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
            protocol: 2,
            protocol_oldest: 1,
            from: SiloId("a.1".into()),
            to: SiloId("b.2".into()),
            region: "north",
        };
        let bytes = encode(&newer).expect("encoded");
        let read: Hello = decode(&bytes).expect("read");
        assert_eq!((read.protocol, &*read.from.0), (2, "a.1"));
        assert!(decode::<Hello>(b"GET / HTTP/1.1").is_err());
    }
}
