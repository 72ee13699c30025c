//! The little WASI that a Rust guest's standard library needs: clocks, random numbers,
//! and standard output, which becomes log lines. No files, no sockets, no environment.

use wasmtime::component::Linker;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::cli;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::host_state::HostState;
use crate::output::Output;

/// The most random bytes that a guest gets in one answer, which the host has to hold.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Streams and pollables that a guest may hold at once.
pub(crate) const HANDLES_MAX: usize = 1_000;

/// What may be imported without a grant, beside the platform package.
pub(crate) const ALLOWED: [&str; 4] = ["wasi:cli/", "wasi:clocks/", "wasi:io/", "wasi:random/"];

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    // The interfaces that an HTTP proxy gets, the smallest set that is offered. Rust's standard
    // library imports more of `cli`, which leads to nothing here.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    cli::exit::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::environment::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_input::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_output::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stdin::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stdout::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stderr::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)
}

pub(crate) fn context(output: &Output) -> WasiCtx {
    WasiCtxBuilder::new()
        .stdout(output.clone())
        .stderr(output.clone())
        .max_random_size(RANDOM_BYTES_MAX)
        .build()
}
