//! The sequences in which Mosquitto wants an answer that the standard does not, each with the
//! clause and the reason.

/// The reason, the beginning of the names, and their ends.
type Entry = (&'static str, &'static str, &'static [&'static str]);

/// Control characters SHOULD NOT be sent, and a receiver MAY close the connection for them
/// (MQTT 3.1.1 and 5, 1.5.3 and 1.5.4): this broker passes them on.
const CONTROL: &str = "1.5.4: closing is a MAY";
const CHARACTERS: &[&str] = &["U+0001", "U+001F", "U+007F", "U+009F"];
const IN_NAMES: &[&str] = &["0x0001", "0x001F", "0x007F", "0x009F"];
/// "A PUBLISH packet sent from a Client to a Server MUST NOT contain a Subscription Identifier":
/// Mosquitto takes it.
const SUBSCRIPTION_ID: &str = "MQTT-3.3.4-6: a client must not send it";
/// MQTT 3.1 is an older protocol, which the two standards do not ask a server to speak. Its
/// clients are told so (MQTT-3.1.2-2), or, where the reserved flags are set, cut off.
const OLDER: &str = "MQTT-3.1.2-1 and -2: another protocol";

const ENTRIES: &[Entry] = &[
    (CONTROL, "v3.1.1 CONNECT 10 Client ID with ", CHARACTERS),
    (CONTROL, "v3.1.1 CONNECT 10 Username with ", IN_NAMES),
    (CONTROL, "v3.1.1 CONNECT 10 Will topic with ", CHARACTERS),
    (CONTROL, "v3.1.1 PUBLISH 30 topic with ", CHARACTERS),
    (CONTROL, "v3.1.1 SUBSCRIBE 82 topic with ", CHARACTERS),
    (CONTROL, "v3.1.1 UNSUBSCRIBE A2 topic with ", CHARACTERS),
    (CONTROL, "v5.0   CONNECT 10 Client ID with ", CHARACTERS),
    (CONTROL, "v5.0   CONNECT 10 Username with ", IN_NAMES),
    (CONTROL, "v5.0   PUBLISH 30 topic with ", CHARACTERS),
    (CONTROL, "v5.0   UNSUBSCRIBE A2 topic with ", CHARACTERS),
    (
        SUBSCRIPTION_ID,
        "v5.0   PUBLISH ALLOWED PROPERTIES subscription-identifier=",
        &[
            "1 (variable byte integer)",
            "0x7F (variable byte integer)",
            "0x8001 (variable byte integer)",
            "0xFF7F (variable byte integer)",
            "0x808001 (variable byte integer)",
            "0xFFFF7F (variable byte integer)",
            "0x80808001 (variable byte integer)",
            "0xFFFFFF7F (variable byte integer)",
        ],
    ),
    (OLDER, "v3.1   CONNECT 1", &["0 ok", "0 ok ", "4 ok "]),
    (OLDER, "v3.1.1 CONNACK issue 2163 v3", &[""]),
];

/// All names, sorted.
pub(super) fn names() -> Vec<String> {
    let of_entry = |(_, begin, ends): &Entry| {
        let begin = *begin;
        let names = ends.iter().map(move |end| format!("{begin}{end}"));
        names.collect::<Vec<_>>()
    };
    let mut all: Vec<String> = ENTRIES.iter().flat_map(of_entry).collect();
    all.sort();
    all
}
