//! What whoever types the commands relies on, beside what they do.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::common::Pizza;
use crate::common::operator::{complained, json_of, run, succeeded};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pizza"))
}

fn ran(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_screen_says_how_a_silo_is_and_which_actors_there_are() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let order = pizza.order();
    let screen = succeeded(&run(&pizza, data.path(), &["status"]));
    for words in [
        "durability fsync",
        "works",
        "dead letters",
        "TURNS IN 5 MIN",
        "order",
        "closed",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let status = json_of(&run(&pizza, data.path(), &["status", "--json"]));
    assert_eq!(status["stats"]["store"], "embedded", "{status}");
    let listed = succeeded(&run(&pizza, data.path(), &["actor", "list", "order"]));
    assert_eq!(listed.lines().collect::<Vec<_>>(), [&order]);
    let part = &order[order.len() - 8..];
    for (text, found) in [(part, 1), ("nobody", 0)] {
        let words = ["actor", "list", "order", "--containing", text, "--json"];
        let listed = json_of(&run(&pizza, data.path(), &words));
        assert_eq!(
            listed["keys"].as_array().map(Vec::len),
            Some(found),
            "{listed}"
        );
    }
    let unknown = complained(&run(&pizza, data.path(), &["actor", "list", "ordre"]));
    assert!(unknown.contains("no actor type"), "{unknown}");
    let metrics = pizza.get("/metrics").text();
    assert!(metrics.contains("pizza_build_info{version="), "{metrics}");
}

#[test]
fn logs_are_for_whoever_reads_them() {
    for (options, is_json) in [(&[][..], false), (&["--log-format", "json"][..], true)] {
        let data = tempfile::tempdir().expect("a directory");
        let log = data.path().join("log");
        let file = fs::File::create(&log).expect("a file");
        let pizza = Pizza::start_logged(
            "localhost:0",
            &data.path().join("data"),
            options,
            file.into(),
        );
        pizza.order();
        assert!(pizza.stop().success());
        let text = fs::read_to_string(&log).expect("text");
        assert!(text.contains("listening"), "{text}");
        assert!(
            !text.contains('\u{1b}'),
            "there are colours in a file: {text}"
        );
        for line in text.lines().filter(|_| is_json) {
            let line: Value = serde_json::from_str(line).expect("an object a line");
            assert!(
                line["level"].is_string() && line["timestamp"].is_string(),
                "{line}"
            );
        }
    }
}

#[test]
fn a_variable_that_nobody_reads_is_told() {
    let mut command = program();
    command
        .args(["wit", "--help"])
        .env("PIZZA_HTPP", "127.0.0.1:1");
    // Help is all that is asked for.
    assert!(!errors(&ran(&mut command)).contains("PIZZA_HTPP"));
    let mut command = program();
    command
        .args(["completions", "bash"])
        .env("PIZZA_HTPP", "127.0.0.1:1");
    let told = errors(&ran(&mut command));
    assert!(
        told.contains("PIZZA_HTPP is set") && told.contains("PIZZA_HTTP that"),
        "{told}"
    );
}

#[test]
fn completions_and_manual_pages_are_taken_by_those_they_are_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let script = dir.path().join("pizza.bash");
    let said = succeeded(&ran(program().args(["completions", "bash"])));
    assert!(said.contains("rebalance"), "a verb of a verb is missing");
    fs::write(&script, said).expect("written");
    assert!(
        ran(Command::new("bash").arg("-n").arg(&script))
            .status
            .success()
    );
    let pages = dir.path().join("man/man1");
    succeeded(&ran(program().arg("man").arg(&pages)));
    for page in ["pizza.1", "pizza-module-push.1", "pizza-backup-take.1"] {
        let text = fs::read_to_string(pages.join(page)).expect(page);
        assert!(
            text.contains(".TH") && text.contains(".SH DESCRIPTION"),
            "{page}: {text}"
        );
    }
}

#[test]
fn an_error_is_for_its_reader_and_a_closed_pipe_is_none() {
    let mut nobody = program();
    nobody.args(["module", "list", "--admin", "127.0.0.1:1", "--admin-token"]);
    nobody
        .arg("0123456789abcdef0123456789abcdef")
        .env("RUST_BACKTRACE", "1");
    let told = complained(&ran(&mut nobody));
    assert!(told.contains("nobody answers at 127.0.0.1:1"), "{told}");
    assert!(
        !told.contains("backtrace") && !told.contains(".rs:"),
        "{told}"
    );

    let mut unread = program();
    let unread = unread
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = unread.spawn().expect("the binary runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{}", errors(&ended));
    assert_eq!(errors(&ended), "");
}
