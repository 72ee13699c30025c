//! Bytes of components, each with one core module that is instantiated.
#![allow(unreachable_pub, reason = "a module of test programs")]

const LIMIT_BYTES: usize = 7_654_321;

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    bytes.extend(leb(content.len()));
    bytes.extend_from_slice(content);
    bytes
}

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component around a core module of these functions' bodies, which take no arguments. It
/// offers the first, for what offers nothing is refused before it is compiled.
fn around(count: usize, bodies: &[u8]) -> Vec<u8> {
    let types = [1, 0x60, 0, 0];
    let counted = |content: &[u8]| [leb(count), content.to_vec()].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &types),
        section(3, &counted(&vec![0; count])),
        section(7, &[1, 1, b'f', 0, 0]),
        section(10, &counted(bodies)),
    ]
    .concat();
    let instantiate = [1, 0, 0, 0];
    [
        COMPONENT.to_vec(),
        section(1, &module),
        section(2, &instantiate),
        // The core function `f` of that instance…
        section(6, &[1, 0, 0, 1, 0, 1, b'f']),
        // …as one of the component's, without parameters and result…
        section(7, &[1, 0x40, 0, 1, 0]),
        section(8, &[1, 0, 0, 0, 0, 0]),
        // …in an interface that is exported.
        section(5, &[1, 1, 1, 0, 1, b'f', 1, 0]),
        section(11, &[[1, 0, 5].as_slice(), b"a:b/c", &[5, 0, 0]].concat()),
    ]
    .concat()
}

/// One function with two locals, and `part` as often as it fits into `bytes`.
fn function(bytes: usize, part: &[u8]) -> Vec<u8> {
    let locals = [1, 2, 0x7f];
    let room = bytes - locals.len() - 1;
    let body = [&locals[..], &part.repeat(room / part.len()), &[0x0b]].concat();
    around(1, &[leb(body.len()), body].concat())
}

/// `if (a) { b += 1 }`: every one of them is three blocks, and a choice between two values.
const CHOICE: &[u8] = &[0x20, 0, 0x04, 0x40, 0x20, 1, 0x41, 1, 0x6a, 0x21, 1, 0x0b];

/// As long as a function may be.
pub fn long_function() -> Vec<u8> {
    function(LIMIT_BYTES - 100, CHOICE)
}

/// Soon compiled, to more than a pipe holds: of each function something is left.
pub fn much_code() -> Vec<u8> {
    around(20_000, &[2, 0, 0x0b].repeat(20_000))
}

pub fn too_long_function() -> Vec<u8> {
    function(8_000_000, CHOICE)
}

pub fn many_functions() -> Vec<u8> {
    // Two bytes: no locals, and the end.
    around(1_000_000, &[2, 0, 0x0b].repeat(1_000_000))
}

pub fn too_many_functions() -> Vec<u8> {
    around(2_000_000, &[2, 0, 0x0b].repeat(2_000_000))
}

/// `block block … end end`.
pub fn deep_blocks() -> Vec<u8> {
    let deep = 1_000_000;
    let body = [&[0][..], &[0x02, 0x40].repeat(deep), &vec![0x0b; deep + 1]].concat();
    around(1, &[leb(body.len()), body].concat())
}

/// Components within components, written from the inside out and therefore backwards.
pub fn deep_components(depth: usize) -> Vec<u8> {
    let mut backwards: Vec<u8> = COMPONENT.iter().rev().copied().collect();
    for _ in 0..depth {
        let header = [COMPONENT, &[4], &leb(backwards.len())].concat();
        backwards.extend(header.iter().rev());
    }
    backwards.reverse();
    backwards
}

/// One that is not there for anything.
pub fn custom_section(bytes: usize) -> Vec<u8> {
    let content = [&[1, b'x'][..], &vec![0; bytes]].concat();
    [COMPONENT.to_vec(), section(0, &content)].concat()
}
