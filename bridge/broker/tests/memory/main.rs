//! What a broker takes of memory: of each idle client, and under each flood. The broker is in
//! a process of its own, so that the clients' memory is not counted.

mod broker_process;
#[path = "../protocol/client.rs"]
#[expect(dead_code, reason = "the floods need less of a client")]
mod client;
mod floods;
mod honest;
mod idle;
#[path = "../protocol/loopback.rs"]
mod loopback;
mod packets;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Held by each test: what one measures, no other one may disturb.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How much of the full counts is done: in hundredths, `FLOODS=100` under `just soak`.
fn scaled(full: usize) -> usize {
    let percent = std::env::var("FLOODS").ok();
    let percent: usize = percent.map_or(5, |text| text.parse().expect("a number"));
    full * percent / 100
}

#[expect(clippy::print_stdout, reason = "it is how a measurement is told")]
fn say(text: &str) {
    println!("{text}");
}
