//! Components made by chance, from a seed.

use arbitrary::Unstructured;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use wasm_smith::Config;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whatever the generator calls a component.
    Anything,
    /// A core module that imports nothing.
    Alone,
    /// A core module that calls the host with whatever it has.
    Reaching,
}

impl Kind {
    pub(crate) fn of(seed: u64) -> Self {
        match seed % 10 {
            0 => Self::Anything,
            1..=5 => Self::Alone,
            _ => Self::Reaching,
        }
    }
}

/// What every generated core module has to export.
const EXPORTS: &str = r#"(module
    (func (export "a") (param i32 i64) (result i32) unreachable)
    (func (export "b") (param f32 f64) (result f64) unreachable)
    (func (export "c")))"#;

/// What one that reaches for the host may import.
const IMPORTS: &str = r#"(module
    (import "libc" "memory" (memory 1))
    (import "host" "say" (func (param i32 i32 i32)))
    (import "host" "set" (func (param i32 i32 i32)))
    (import "host" "set-entry" (func (param i32 i32 i32 i32)))
    (import "host" "set-timer" (func (param i32 i32 i64 i32 i64)))
    (import "host" "random" (func (result i64))))"#;

/// The first core module is put in by [`around`].
const ALONE: &str = r#"(component
    (core module $made)
    (core instance $main (instantiate $made))
    METHODS)"#;

const REACHING: &str = r#"(component
    (import "silo:actor/log@0.1.0" (instance $log
        (type $level' (enum "trace" "debug" "info" "warn" "error"))
        (export "level" (type $level (eq $level')))
        (export "log" (func (param "level" $level) (param "message" string)))))
    (import "silo:actor/state@0.1.0" (instance $state
        (type $snapshot' (record (field "schema" u32) (field "bytes" (list u8))))
        (export "snapshot" (type $snapshot (eq $snapshot')))
        (export "set" (func (param "value" $snapshot)))
        (export "set-entry" (func (param "name" string) (param "bytes" (list u8))))))
    (import "silo:actor/timers@0.1.0" (instance $timers
        (export "set" (func (param "name" string) (param "delay-ms" u64)
            (param "period-ms" (option u64))))))
    (import "silo:actor/context@0.1.0" (instance $context
        (export "random" (func (result u64)))))
    (core module $made)
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (core func $say (canon lower (func $log "log") (memory $memory)))
    (core func $set (canon lower (func $state "set") (memory $memory)))
    (core func $set-entry (canon lower (func $state "set-entry") (memory $memory)))
    (core func $set-timer (canon lower (func $timers "set") (memory $memory)))
    (core func $random (canon lower (func $context "random")))
    (core instance $main (instantiate $made
        (with "libc" (instance $libc))
        (with "host" (instance
            (export "say" (func $say))
            (export "set" (func $set))
            (export "set-entry" (func $set-entry))
            (export "set-timer" (func $set-timer))
            (export "random" (func $random))))))
    METHODS)"#;

const METHODS: &str = r#"
    (func $a (param "x" s32) (param "y" s64) (result s32) (canon lift (core func $main "a")))
    (func $b (param "x" f32) (param "y" f64) (result f64) (canon lift (core func $main "b")))
    (func $c (canon lift (core func $main "c")))
    (instance $i (export "a" (func $a)) (export "b" (func $b)) (export "c" (func $c)))
    (export "test:made/made@0.1.0" (instance $i))"#;

pub(crate) fn component(kind: Kind, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; 8 << 10];
    StdRng::seed_from_u64(seed).fill(&mut bytes[..]);
    let mut chance = Unstructured::new(&bytes);
    let config = config(kind, seed);
    if kind == Kind::Anything {
        let made = wasm_smith::Component::new(config, &mut chance);
        return made.expect("enough bytes to make one").to_bytes();
    }
    let made = wasm_smith::Module::new(config, &mut chance);
    let text = if kind == Kind::Alone { ALONE } else { REACHING };
    around(text, &made.expect("enough bytes to make one").to_bytes())
}

/// Mostly modules that could run; every tenth is left to the generator's own taste.
fn config(kind: Kind, seed: u64) -> Config {
    let mut config = Config {
        max_funcs: 8,
        max_instructions: 60,
        ..Config::default()
    };
    if kind == Kind::Anything {
        return config;
    }
    config.exports = Some(wat::parse_str(EXPORTS).expect("a module"));
    if kind == Kind::Reaching {
        config.available_imports = Some(wat::parse_str(IMPORTS).expect("a module"));
    } else {
        config.max_imports = 0;
    }
    if seed % 10 == 5 {
        return config;
    }
    // Most of what starts by itself comes to nothing more.
    config.allow_start_export = seed.is_multiple_of(3);
    // What this engine is built without.
    config.gc_enabled = false;
    config.reference_types_enabled = false;
    config.exceptions_enabled = false;
    config.threads_enabled = false;
    config.memory64_enabled = false;
    config.wide_arithmetic_enabled = false;
    config.compact_imports_enabled = false;
    config.max_memory32_bytes = 8 << 20;
    config.max_table_elements = 5_000;
    config
}

/// The text's component, with the module in the place of its first core module.
fn around(text: &str, module: &[u8]) -> Vec<u8> {
    const CORE_MODULE: u8 = 1;
    let whole = wat::parse_str(text.replace("METHODS", METHODS)).expect("a component");
    let mut made = whole[..8].to_vec();
    let (mut rest, mut is_done) = (&whole[8..], false);
    while let Some((&id, after)) = rest.split_first() {
        let (length, width) = unsigned(after);
        let end = 1 + width + length;
        if id == CORE_MODULE && !is_done {
            is_done = true;
            made.push(id);
            made.extend(leb(module.len()));
            made.extend_from_slice(module);
        } else {
            made.extend_from_slice(&rest[..end]);
        }
        rest = &rest[end..];
    }
    made
}

/// A number in LEB128, and how many bytes it has.
fn unsigned(bytes: &[u8]) -> (usize, usize) {
    let width = 1 + bytes.iter().take_while(|byte| **byte & 0x80 != 0).count();
    let digits = bytes[..width].iter().rev();
    let number = digits.fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    (number, width)
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
