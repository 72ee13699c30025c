//! Packets by chance: right ones of both versions, and what becomes of them when they are damaged.
//! Bytes alone, so that decoder and whole broker are tried with the same; the same seed makes the
//! same packets.

/// A small pseudo-random generator (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Seeds lie next to each other, and 0 would stay 0.
        let mut random = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.below(2);
        random
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % end
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("8 bits")
    }

    fn bytes(&mut self, max: usize) -> Vec<u8> {
        (0..self.below(max + 1)).map(|_| self.byte()).collect()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// An id that others are likely to use, too.
    fn id(&mut self) -> [u8; 2] {
        [0, u8::try_from(1 + self.below(4)).expect("8 bits")]
    }
}

const TOPICS: &[&str] = &["a", "a/b", "b", "ä/€", "/", "a//b", "c/d/e/f/g"];
const FILTERS: &[&str] = &[
    "#",
    "a/#",
    "+",
    "a/+",
    "b",
    "/",
    "$share/g/a/#",
    "$share/h/+",
];
const CLIENTS: &[&str] = &["", "phone", "oven", "phone-2", "ö"];

fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes(), bytes].concat()
}

fn variable(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).expect("7 bits");
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first], &variable(body.len())[..], body].concat()
}

/// Some of those that the packet may have, with good values; none at all in version 3.1.1.
fn properties(random: &mut Random, version: u8, allowed: &[u8]) -> Vec<u8> {
    if version == 4 {
        return Vec::new();
    }
    let mut all = Vec::new();
    for id in allowed {
        if !random.chance(4) {
            continue;
        }
        all.push(*id);
        match id {
            1 | 23 | 25 => all.push(u8::from(random.chance(2))),
            2 | 17 | 24 => all.extend([0, 0, 0, u8::try_from(random.below(3)).expect("8 bits")]),
            3 | 31 => all.extend(field(b"text")),
            8 => all.extend(field(random.one_of(TOPICS).as_bytes())),
            9 => all.extend(field(&random.bytes(20))),
            11 => all.extend(variable(1 + random.below(300))),
            33 => all.extend([0, 1 + random.byte() / 2]),
            34 => all.extend([0, random.byte()]),
            35 => all.extend([0, u8::try_from(1 + random.below(3)).expect("8 bits")]),
            39 => all.extend([0, 0, 1 + random.byte() / 2, 0]),
            _ => all.extend([field(b"key"), field(b"value")].concat()),
        }
    }
    [variable(all.len()), all].concat()
}

/// A client's first packet.
pub(crate) fn connect(random: &mut Random, version: u8) -> Vec<u8> {
    let (will, user) = (random.chance(3), random.chance(3));
    let password = user && random.chance(2);
    let mut flags = u8::from(random.chance(2)) << 1;
    if will {
        let qos = u8::try_from(random.below(3)).expect("8 bits");
        flags |= 4 | qos << 3 | u8::from(random.chance(2)) << 5;
    }
    flags |= u8::from(user) << 7 | u8::from(password) << 6;
    let mut body = [&b"\0\x04MQTT"[..], &[version, flags, 0, random.byte()]].concat();
    body.extend(properties(random, version, &[17, 23, 25, 33, 34, 38, 39]));
    body.extend(field(random.one_of(CLIENTS).as_bytes()));
    if will {
        body.extend(properties(random, version, &[1, 2, 3, 8, 9, 24, 38]));
        body.extend(field(random.one_of(TOPICS).as_bytes()));
        body.extend(field(&random.bytes(40)));
    }
    if user {
        body.extend(field(b"user"));
    }
    if password {
        body.extend(field(&random.bytes(12)));
    }
    framed(0x10, &body)
}

/// Any packet that a client may send after its first; of them all, one that ends the connection
/// is the rarest.
pub(crate) fn packet(random: &mut Random, version: u8) -> Vec<u8> {
    match random.below(20) {
        0..=8 => publish(random, version),
        kind @ 9..=12 => {
            let first = [0x40, 0x50, 0x62, 0x70][kind - 9];
            let mut body = random.id().to_vec();
            if version == 5 && random.chance(2) {
                body.push(random.one_of(if kind > 10 {
                    &[0, 0x92]
                } else {
                    &[0, 0x10, 0x97]
                }));
                if random.chance(2) {
                    body.extend(properties(random, version, &[31, 38]));
                }
            }
            framed(first, &body)
        }
        13..=15 => {
            let mut body = random.id().to_vec();
            body.extend(properties(random, version, &[11, 38]));
            for _ in 0..=random.below(3) {
                let filter = random.one_of(FILTERS);
                body.extend(field(filter.as_bytes()));
                let more = if version == 4 {
                    0
                } else {
                    u8::try_from(random.below(3)).expect("8 bits") << 4 | 8
                };
                body.push(more | u8::try_from(random.below(3)).expect("8 bits"));
            }
            framed(0x82, &body)
        }
        16..=17 => {
            let mut body = random.id().to_vec();
            body.extend(properties(random, version, &[38]));
            body.extend(field(random.one_of(FILTERS).as_bytes()));
            framed(0xa2, &body)
        }
        18 if random.chance(4) => match version {
            4 => framed(0xe0, &[]),
            _ => framed(
                0xe0,
                &[
                    &[random.one_of(&[0, 4])],
                    &properties(random, version, &[31, 38])[..],
                ]
                .concat(),
            ),
        },
        _ => framed(0xc0, &[]),
    }
}

fn publish(random: &mut Random, version: u8) -> Vec<u8> {
    let qos = u8::try_from(random.below(3)).expect("8 bits");
    let dup = qos > 0 && random.chance(4);
    let first = 0x30 | u8::from(dup) << 3 | qos << 1 | u8::from(random.chance(4));
    let mut body = field(random.one_of(TOPICS).as_bytes());
    if qos > 0 {
        body.extend(random.id());
    }
    body.extend(properties(random, version, &[1, 2, 3, 8, 9, 35, 38]));
    let size = if random.chance(50) { 5_000 } else { 60 };
    body.extend(random.bytes(size));
    framed(first, &body)
}

/// Damages a packet a little, or beyond recognition.
pub(crate) fn damage(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1));
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] = random.byte(),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.insert(at.min(bytes.len()), random.byte()),
            3 => bytes.truncate(at + 1),
            // Again what was there already: properties twice, texts that do not end.
            4 if at < bytes.len() => {
                let end = (at + 1 + random.below(12)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            5 if at < bytes.len() => bytes[at] = random.one_of(&[0, 1, 0x7f, 0x80, 0xff]),
            6 => bytes.extend(random.bytes(8)),
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    // With the right length in front it comes further.
    match bytes.split_first() {
        Some((first, rest)) if random.chance(2) && !rest.is_empty() => framed(*first, &rest[1..]),
        _ => bytes,
    }
}

/// Nothing that anybody has meant.
pub(crate) fn noise(random: &mut Random) -> Vec<u8> {
    random.bytes(64)
}

/// How long to go on: half of `MQTT_FUZZ_SECONDS`, of which decoder and broker have one each.
pub(crate) fn seconds() -> u64 {
    let seconds = std::env::var("MQTT_FUZZ_SECONDS");
    let seconds = seconds.map_or(30, |text| {
        text.parse().expect("MQTT_FUZZ_SECONDS in seconds")
    });
    seconds / 2
}

/// `MQTT_FUZZ_SEED`, so that a run can be had again, or go where none was before.
pub(crate) fn first_seed() -> u64 {
    let seed = std::env::var("MQTT_FUZZ_SEED");
    seed.map_or(0, |text| text.parse().expect("MQTT_FUZZ_SEED is a number"))
}
