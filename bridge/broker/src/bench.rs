//! What `benches/codec.rs` measures; no part of the crate's interface.

use std::sync::Arc;

use bytes::BytesMut;

use crate::decode::{Frame, frame};
use crate::encode::encode;
use crate::packet::{Incoming, Outgoing, Version};

/// Reads the PUBLISH in `input` as from its publisher, and appends it to `output` as for a
/// subscriber, both of MQTT 5.
///
/// # Panics
/// When there is anything else in `input`.
pub fn publish_both_ways(input: &mut BytesMut, output: &mut BytesMut) {
    let (length, head) = frame(input, 1 << 20)
        .expect("a packet")
        .expect("all of its head");
    let frame = Frame::new(input.split_to(length).freeze(), head);
    let read = frame.read(Version::V5);
    let Ok(Incoming::Publish { id, message, .. }) = read else {
        panic!("no PUBLISH: {read:?}");
    };
    let packet = Outgoing::Publish {
        id,
        dup: false,
        qos: message.qos,
        retain: false,
        subscription_ids: Vec::new(),
        message: Arc::new(message),
    };
    encode(&packet, Version::V5, output);
}
