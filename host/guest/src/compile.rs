//! Compiling, in a process of its own where the silo wants it so: a module that is made to
//! be hard to compile then costs that process its life, and the silo nothing.
//!
//! The parent starts its own program again with the arguments it was configured with and
//! [`child`] at the end of them, gives it the component on standard input, and reads the
//! machine code from standard output. The child bounds itself before it reads anything.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use wasmtime::Engine;

use crate::engine;
use crate::error::LoadError;
use crate::settings::{Apart, CompileBounds};

/// How the child ends when the component is not valid; standard error says why. The number
/// is `EX_DATAERR` of sysexits.h.
const INVALID: i32 = 65;
/// So much is kept of what the child says on standard error, in bytes: enough for an error
/// message, and a guest cannot fill our memory with names.
const REASON_BYTES_MAX: u64 = 4_096;

/// The machine code of the component.
///
/// # Errors
/// When it is not valid, or the compiler came to an end before it was done.
pub(crate) async fn apart(
    apart: &Apart,
    reserved_bytes: u64,
    wasm: &[u8],
) -> Result<Vec<u8>, LoadError> {
    let begun = Instant::now();
    let wall = Duration::from_millis(apart.bounds.wall_ms);
    let ended = tokio::time::timeout(wall, run(apart, reserved_bytes, wasm)).await;
    match ended {
        Ok(outcome) => outcome,
        // Dropping the child has killed it.
        Err(_) => Err(LoadError::CompileBound {
            bound: "wall-clock time",
            detail: format!("not done after {} ms", begun.elapsed().as_millis()),
        }),
    }
}

async fn run(apart: &Apart, reserved_bytes: u64, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    let bounds = &apart.bounds;
    let numbers = [bounds.memory_bytes, bounds.cpu_s, reserved_bytes];
    let mut child = Command::new(&apart.program)
        .args(&apart.arguments)
        .args(numbers.map(|number| number.to_string()))
        // It may take its time: what is served meanwhile needs the other cores.
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(failed(io::Error::other("the compiler has no pipes")));
    };
    let give = async {
        // A child that has ended early says why itself.
        let _ = stdin.write_all(wasm).await;
        drop(stdin);
        Ok(())
    };
    let (mut code, mut reason) = (Vec::new(), Vec::new());
    // One byte above the bound tells what is too large from what just fits.
    let mut stdout = stdout.take(bounds.code_bytes + 1);
    let mut stderr = stderr.take(REASON_BYTES_MAX);
    let read_code = async {
        let read = stdout.read_to_end(&mut code).await.map_err(failed)? as u64;
        if read <= bounds.code_bytes {
            return Ok(());
        }
        // At once: a child whose code is not read on would wait for that until its time is over.
        Err(LoadError::CompileBound {
            bound: "machine code",
            detail: format!("more than {} bytes", bounds.code_bytes),
        })
    };
    // What it says does not matter as long as there is code.
    let read_reason = async { Ok(stderr.read_to_end(&mut reason).await) };
    // All three at once: a pipe holds 64 KiB, and a side that waits for the other to read or
    // write first would wait for ever.
    let ((), (), _) = tokio::try_join!(give, read_code, read_reason)?;
    let status = child.wait().await.map_err(failed)?;
    let reason = one_line(&reason);
    match status.code() {
        Some(0) => Ok(code),
        Some(INVALID) => Err(LoadError::Invalid(reason)),
        _ => Err(died(status, &reason, bounds)),
    }
}

fn failed(source: io::Error) -> LoadError {
    LoadError::Compiler(source.to_string())
}

/// Names in the component may be part of it: no control characters from a guest.
fn one_line(reason: &[u8]) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let reason = String::from_utf8_lossy(reason);
    reason.trim().chars().map(clean).collect()
}

/// Which bound a child has run into that could not say so itself.
fn died(status: ExitStatus, reason: &str, bounds: &CompileBounds) -> LoadError {
    let signal = status.signal().and_then(Signal::from_named_raw);
    let bound = match signal {
        Some(Signal::XCPU | Signal::KILL) => "CPU time",
        // What the allocator cannot give, it ends the process for; and where there are no
        // addresses left, it may be the stack that cannot grow.
        Some(Signal::ABORT | Signal::SEGV | Signal::BUS) => "memory",
        // There are no addresses left for the stack of a thread.
        None if reason.contains("Resource temporarily unavailable") => "memory",
        _ => return LoadError::Compiler(format!("it ended with {status}: {reason}")),
    };
    let (mib, cpu_s) = (bounds.memory_bytes >> 20, bounds.cpu_s);
    let detail = format!("it ended with {status}; it has {mib} MiB and {cpu_s} s. {reason}");
    LoadError::CompileBound { bound, detail }
}

/// The child's part. `numbers` are the last three arguments that it was given.
///
/// # Errors
/// When it was not called by [`apart`], or its pipes are broken.
pub fn child(numbers: &[u64; 3]) -> io::Result<i32> {
    let [memory_bytes, cpu_s, reserved_bytes] = *numbers;
    let limit = |bound| Rlimit {
        current: Some(bound),
        maximum: Some(bound),
    };
    setrlimit(Resource::As, limit(memory_bytes))?;
    // The first of the two ends it with a signal of its own, by which it can be told.
    let cpu = Rlimit {
        current: Some(cpu_s),
        maximum: Some(cpu_s.saturating_add(1)),
    };
    setrlimit(Resource::Cpu, cpu)?;
    // A core dump of a compiler that was stopped is large, and of use to nobody.
    setrlimit(Resource::Core, limit(0))?;
    // From here on it reads what a stranger wrote: all bounds are set.
    let mut wasm = Vec::new();
    io::stdin().lock().read_to_end(&mut wasm)?;
    let engine = Engine::new(&engine::compiling(reserved_bytes)).map_err(io::Error::other)?;
    match engine.precompile_component(&wasm) {
        Ok(code) => {
            io::stdout().lock().write_all(&code)?;
            Ok(0)
        }
        Err(error) => {
            write!(io::stderr().lock(), "{error:#}")?;
            Ok(INVALID)
        }
    }
}
