//! Mistakes made on purpose, in builds with the feature `planted` alone: the tests of faults must
//! fail with each of them (`tests/cluster/planted.rs`).

use std::borrow::Cow;

/// Whether this mistake is to be made.
pub(crate) fn is(mistake: &str) -> bool {
    cfg!(feature = "planted") && std::env::var("PLANTED").is_ok_and(|planted| planted == mistake)
}

/// Declares no key but the first one: the others come with the arguments, behind their number.
const UNDECLARED: &str = "#!lua
local keys, args, count = {KEYS[1]}, {}, tonumber(ARGV[1])
for i = 2, count do keys[i] = ARGV[i] end
for i = count + 1, #ARGV do args[i - count] = ARGV[i] end
local KEYS, ARGV = keys, args
";

/// The text of a script.
pub(crate) fn script(text: &'static str) -> Cow<'static, str> {
    match text.strip_prefix("#!lua\n") {
        Some(text) if is("undeclared-keys") => format!("{UNDECLARED}{text}").into(),
        _ => text.into(),
    }
}
