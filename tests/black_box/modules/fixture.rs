//! A pizzeria with an operator at it, and components to swap in.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::compile;
use crate::common::operator::{json_of, run};
use crate::common::{Pizza, until};

pub(crate) struct World {
    pub(crate) pizza: Pizza,
    pub(crate) data: TempDir,
    pub(crate) files: TempDir,
}

impl World {
    pub(crate) fn new(options: &[&str]) -> Self {
        Self::begun(|data| Pizza::start(data, options))
    }

    /// On a machine whose clock says this, in UTC.
    pub(crate) fn new_in(time: &str) -> Self {
        Self::begun(|data| Pizza::start_in(time, data, &[]))
    }

    fn begun(start: impl FnOnce(&Path) -> Pizza) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let files = tempfile::tempdir().expect("a directory");
        let pizza = start(data.path());
        Self { pizza, data, files }
    }

    pub(crate) fn cli(&self, words: &[&str]) -> Output {
        run(&self.pizza, self.data.path(), words)
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        json_of(&self.cli(&[words, &["--json"]].concat()))
    }

    /// The file's path, for the command line.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    }

    /// Pushes it, and lets it serve.
    pub(crate) fn activate(&self, file: &str, actor_type: &str) -> String {
        let words = ["module", "push", file, "--type", actor_type, "--activate"];
        let pushed = self.json(&words);
        let digest = pushed["module"]["digest"].as_str().expect("a digest");
        digest.to_owned()
    }

    /// The module that serves a type.
    pub(crate) fn current(&self, actor_type: &str) -> String {
        let list = self.json(&["module", "list", actor_type]);
        let modules = list["modules"].as_array().expect("a list");
        let serves = |module: &&Value| module["percent"] == 100.0;
        let current = modules.iter().find(serves).expect("one serves");
        current["digest"].as_str().expect("a digest").to_owned()
    }

    /// The audit log's lines about a type, newest first.
    pub(crate) fn audit(&self, actor_type: &str) -> Vec<Value> {
        let audit = self.json(&["module", "audit", actor_type]);
        audit["audit"].as_array().expect("lines").clone()
    }

    pub(crate) fn expect_status(&self, order: &str, status: &str) {
        let path = format!("/api/orders/{order}");
        until(&format!("{order} to be {status}"), || {
            let answer = self.pizza.get(&path);
            (answer.status == 200 && answer.json()["status"] == status).then_some(())
        });
    }

    pub(crate) fn restart(self, options: &[&str]) -> Self {
        self.again(|data| Pizza::start(data, options))
    }

    /// When the machine's clock has come to say this, in UTC.
    pub(crate) fn restart_in(self, time: &str) -> Self {
        self.again(|data| Pizza::start_in(time, data, &[]))
    }

    fn again(self, start: impl FnOnce(&Path) -> Pizza) -> Self {
        let Self { pizza, data, files } = self;
        pizza.kill();
        let pizza = start(data.path());
        Self { pizza, data, files }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The bundled component of an actor type.
pub(crate) fn bundled(actor: &str) -> Vec<u8> {
    let dir = compile::compile(root(), &[actor]).expect("the actor compiles");
    std::fs::read(dir.join(compile::file(actor))).expect("a component")
}

pub(crate) fn variant(actor: &str, feature: &str) -> PathBuf {
    compile::variant(root(), actor, feature).expect("the variant compiles")
}

/// The same code under another digest: with a custom section that means nothing.
pub(crate) fn marked(wasm: &[u8], mark: u32) -> Vec<u8> {
    let name = b"mark";
    let payload = mark.to_le_bytes();
    let size = 1 + name.len() + payload.len();
    let mut marked = wasm.to_vec();
    marked.extend([0, size as u8, name.len() as u8]);
    marked.extend(name);
    marked.extend(payload);
    marked
}

/// A component with one function that does nothing, in this interface.
pub(crate) fn only(interface: &str, function: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e (export "{function}" (func $f)))
            (export "{interface}" (instance $e)))"#
    );
    wat::parse_str(text).expect("a component")
}
