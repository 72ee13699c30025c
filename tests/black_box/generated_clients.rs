//! What authors of clients get: the document, read by tools that nobody here wrote, clients
//! generated from it that order a pizza, and a browser that follows an order.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Pizza;
use serde_json::Value;
use tempfile::TempDir;

const SOURCES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/black_box/generated_clients"
);

/// A pizzeria, its document in a file, and a folder to generate something in.
struct Scene {
    pizza: Pizza,
    tools: PathBuf,
    /// Below the tools, where Node finds them.
    folder: TempDir,
    _data: TempDir,
}

impl Scene {
    fn set() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let pizza = Pizza::start(&data.path().join("data"), &[]);
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/client-tools"));
        let tools = PathBuf::from(succeeded(&mut script).trim());
        let folder = tempfile::tempdir_in(&tools).expect("a folder");
        let document = pizza.get("/openapi.json");
        assert_eq!(document.status, 200);
        std::fs::write(folder.path().join("openapi.json"), &document.body).expect("written");
        let scene = Self {
            pizza,
            tools,
            folder,
            _data: data,
        };
        for file in std::fs::read_dir(SOURCES).expect("a folder") {
            let file = file.expect("a file").path();
            let name = file.file_name().expect("a name");
            std::fs::copy(&file, scene.folder.path().join(name)).expect("copied");
        }
        scene
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        // Nobody is told that these tools were used.
        command.env("REDOCLY_TELEMETRY", "off").env("CI", "1");
        succeeded(&mut command)
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> String {
        self.run(&self.tools.join("node_modules/.bin").join(name), arguments)
    }

    fn url(&self) -> String {
        format!("http://{}", self.pizza.http)
    }
}

fn succeeded(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{errors}");
    said
}

#[test]
fn a_linter_that_nobody_here_wrote_finds_nothing_wrong_with_the_document() {
    let scene = Scene::set();
    let config = ["--config", "redocly.yaml", "--format", "json"];
    let said = scene.tool(
        "redocly",
        &[&["lint", "openapi.json"][..], &config].concat(),
    );
    let found: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(found["totals"]["errors"], 0, "{said}");
    assert_eq!(found["totals"]["warnings"], 0, "{said}");
    // It can find something: the mistake that was in here once.
    let path = scene.folder.path().join("openapi.json");
    let text = std::fs::read_to_string(&path).expect("text");
    let broken = text.replacen("\"getHealthReady\"", "\"getHealthLive\"", 1);
    assert_ne!(broken, text);
    std::fs::write(&path, broken).expect("written");
    let mut lint = Command::new(scene.tools.join("node_modules/.bin/redocly"));
    lint.args(["lint", "openapi.json", "--config", "redocly.yaml"]);
    let output = lint.current_dir(scene.folder.path()).output();
    assert!(!output.expect("it starts").status.success());
}

#[test]
fn a_client_generated_in_typescript_orders_a_pizza() {
    let scene = Scene::set();
    scene.tool("openapi-typescript", &["openapi.json", "-o", "api.ts"]);
    scene.tool("tsc", &["-p", "tsconfig.json"]);
    let said = scene.run(Path::new("node"), &["story.js", &scene.url()]);
    assert!(said.starts_with("told "), "{said}");
}

#[test]
fn a_client_generated_in_python_orders_a_pizza_and_knows_every_event() {
    let scene = Scene::set();
    let generator = scene.tools.join("python/bin/openapi-python-client");
    let paths = ["--path", "openapi.json", "--output-path", "pizza_client"];
    let how = [
        "--meta",
        "none",
        "--config",
        "python.yaml",
        "--fail-on-warning",
    ];
    scene.run(&generator, &[&["generate"][..], &paths, &how].concat());
    let python = scene.tools.join("python/bin/python");
    let said = scene.run(&python, &["story.py", &scene.url(), "openapi.json"]);
    assert!(said.starts_with("told "), "{said}");
}

#[test]
fn a_browser_resumes_after_a_cut_and_stops_by_itself_after_the_end() {
    let data = tempfile::tempdir().expect("a folder");
    // How soon it comes back is ours to say; a browser's own pause is seconds.
    let config = data.path().join("soon.toml");
    std::fs::write(&config, "[gateway]\nsse_retry_ms = 50\n").expect("written");
    let config = config.display().to_string();
    // As slow as a real kitchen, so that the order can be cancelled whenever the browser is ready.
    let options = ["--config", &config, "--speed", "1"];
    let pizza = Pizza::start(&data.path().join("data"), &options);
    let order = pizza.order();
    let mut browser = Command::new("node");
    browser.arg(format!("{SOURCES}/browser.mjs"));
    browser.args(["chromium", &pizza.http.to_string(), &order]);
    let said = succeeded(&mut browser);
    let told: Value = serde_json::from_str(said.trim()).expect("JSON");

    let seen = told["seen"].as_array().expect("events");
    let ids: Vec<&str> = seen
        .iter()
        .filter_map(|event| event["id"].as_str())
        .collect();
    let last = ids.len() - 1;
    let whole: Vec<String> = (1..=last).map(|position| position.to_string()).collect();
    assert_eq!(
        ids[..last],
        whole,
        "none is missing, none came twice: {said}"
    );
    assert_eq!(ids[last], format!("{last}.end"), "{said}");
    assert_eq!(seen[last - 1]["status"], "cancelled", "{said}");
    assert_eq!(seen[last]["kind"], "end", "{said}");
    // Once at first, at least once after the cut, and once to hear that there is no more.
    let asked: Vec<&str> = told["asked"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(asked.first(), Some(&""), "{said}");
    assert!(
        asked.len() >= 3 && ids.contains(&asked[1]),
        "it was cut off: {said}"
    );
    assert_eq!(asked.last(), Some(&ids[last]), "{said}");
}
