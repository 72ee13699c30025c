//! What an actor asks for beyond its own state.

/// Puts the manifest into the component, where the silo reads it before the actor runs:
/// whom it may call, what it may publish, and which interfaces it may import. What is not
/// asked for is refused when the module is loaded, or when it is tried. The words are
/// JSON, and an operator may grant less.
///
/// ```
/// silo_sdk::manifest!({
///     "calls": ["inventory.reserve", "kitchen.*"],
///     "publishes": ["order-events"],
///     "config": true,
///     "timers": true,
///     "reminders": true,
///     "limits": {"cpuMs": 20, "memoryMib": 8, "effects": 50}
/// });
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! manifest {
    ($words:tt) => {
        const _: () = {
            const WORDS: &[u8] = stringify!($words).as_bytes();
            #[allow(unsafe_code, reason = "a link section can be named no other way")]
            #[cfg_attr(target_arch = "wasm32", unsafe(link_section = "silo:manifest"))]
            #[used]
            // Byte by byte: the section must hold the words themselves, and not a pointer to them.
            static MANIFEST: [u8; WORDS.len()] = {
                let mut bytes = [0; WORDS.len()];
                let mut at = 0;
                while at < bytes.len() {
                    bytes[at] = WORDS[at];
                    at += 1;
                }
                bytes
            };
        };
    };
}
