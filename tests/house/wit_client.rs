//! The client interfaces in `wit/` are the ones that the contracts beside them ask for.

use std::path::Path;
use std::process::{Command, Output};

fn pizza(arguments: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("pizza runs")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn checked_in_clients_are_fresh() {
    let output = pizza(&["wit", "client", "--check"], root());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_contract_becomes_its_client() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("wit/pizzeria/lamp");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("lamp.wit"), CONTRACT).expect("a file");
    let platform = root().join("wit/silo");
    let client = [
        "wit",
        "client",
        "--platform",
        platform.to_str().expect("a path in UTF-8"),
    ];

    let stale = pizza(&[&client[..], &["--check"]].concat(), dir.path());
    assert!(!stale.status.success());
    assert!(String::from_utf8_lossy(&stale.stderr).contains("wit/pizzeria/lamp/client.wit"));

    let written = pizza(&client, dir.path());
    assert!(
        written.status.success(),
        "{}",
        String::from_utf8_lossy(&written.stderr)
    );
    let text = std::fs::read_to_string(folder.join("client.wit")).expect("the client");
    assert_eq!(text, CLIENT);
    assert!(
        pizza(&[&client[..], &["--check"]].concat(), dir.path())
            .status
            .success()
    );
}

const CONTRACT: &str = "\
package pizzeria:lamp@0.1.0;

interface types {
    enum colour { red, green }
    record broken { since: u64 }
}

interface lamp {
    use types.{colour, broken};

    /// Lights it.
    /// Twice is once.
    turn-on: func(key: u32, %from: option<colour>) -> result<_, broken>;
    paint: func(colours: list<tuple<colour, u8>>) -> result<colour, string>;
    dim: func();
}

interface lamp-queries {
    use types.{colour};

    get: func() -> colour;
}
";

const CLIENT: &str = "\
// Generated from the contract of `lamp` by `pizza wit client`. Do not edit.
package pizzeria:lamp@0.1.0;

/// Calls to the lamp of a key. A function asks and waits; `send-…` is a durable one-way
/// message: it leaves when this turn is committed and arrives exactly once in effect.
interface lamp-client {
    use silo:actor/types@0.1.0.{call-failure};
    use types.{colour, broken};

    variant call-error-broken {
        /// The actor declined; it has changed nothing.
        refused(broken),
        /// The actor gave no answer of its own.
        call(call-failure),
    }

    variant call-error-string {
        /// The actor declined; it has changed nothing.
        refused(string),
        /// The actor gave no answer of its own.
        call(call-failure),
    }

    /// Lights it.
    /// Twice is once.
    turn-on: func(actor-key: string, key: u32, %from: option<colour>) -> result<_, call-error-broken>;
    send-turn-on: func(actor-key: string, key: u32, %from: option<colour>);

    paint: func(key: string, colours: list<tuple<colour, u8>>) -> result<colour, call-error-string>;
    send-paint: func(key: string, colours: list<tuple<colour, u8>>);

    dim: func(key: string) -> result<_, call-failure>;
    send-dim: func(key: string);

    get: func(key: string) -> result<colour, call-failure>;
}
";
