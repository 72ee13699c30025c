//! Packets of more than 127 bytes, version 3.1.1.

/// A packet with its head.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = head(first, body.len());
    packet.extend(body);
    packet
}

/// The head of a packet with so many bytes after it.
pub(crate) fn head(first: u8, mut length: usize) -> Vec<u8> {
    let mut head = vec![first];
    while length > 127 {
        head.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    head.push((length & 0x7f) as u8);
    head
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short enough");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// `flags` has no DUP; with a packet id at QoS 1 and 2.
pub(crate) fn publish(qos: u8, id: u16, topic: &str, payload_bytes: usize) -> Vec<u8> {
    let mut body = text(topic);
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    body.resize(body.len() + payload_bytes, b'x');
    packet(0x30 | qos << 1, &body)
}

/// With a will of so many bytes.
pub(crate) fn connect(id: &str, clean: bool, will_bytes: usize) -> Vec<u8> {
    let flags = u8::from(clean) << 1 | u8::from(will_bytes > 0) << 2;
    let mut body = [text("MQTT"), vec![4, flags, 0, 0], text(id)].concat();
    if will_bytes > 0 {
        body.extend(text("gone"));
        body.extend(text(&"x".repeat(will_bytes)));
    }
    packet(0x10, &body)
}

/// At QoS 0.
pub(crate) fn subscribe(filters: impl Iterator<Item = String>) -> Vec<u8> {
    let mut body = vec![0, 1];
    for filter in filters {
        body.extend(text(&filter));
        body.push(0);
    }
    packet(0x82, &body)
}
