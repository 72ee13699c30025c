//! A silo that takes only plugins that a trusted key has signed for that.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::Pizza;
use crate::common::operator::{complained, json_of, run, succeeded};
use crate::plugins::kitchen::example;

fn pizza(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.args(words).output().expect("the binary runs")
}

/// Trusts each key for the types beside it.
fn config(files: &Path, name: &str, keys: &[(&str, &str)]) -> String {
    let mut config = "[silo.modules]\nrequire_signature = true\n".to_owned();
    for (key, types) in keys {
        let public = std::fs::read_to_string(files.join(format!("{key}.pub"))).expect("a key");
        let public = public.trim();
        config.push_str(&format!(
            "[[silo.modules.trusted]]\nname = \"{key}\"\npublic_key = \"{public}\"\n\
             types = [{types}]\n"
        ));
    }
    let path = files.join(name);
    std::fs::write(&path, config).expect("a file");
    path.display().to_string()
}

#[test]
fn only_plugins_that_a_key_for_plugins_signed_are_bound() {
    let files = tempfile::tempdir().expect("a directory");
    let files = files.path();
    for key in ["vendor", "orders"] {
        succeeded(&pizza(&[
            "key",
            "new",
            key,
            "--dir",
            &files.display().to_string(),
        ]));
    }
    let plugin = files.join("plugin.wasm");
    std::fs::copy(example("shortest-job"), &plugin).expect("a copy");
    let plugin = plugin.display().to_string();
    let sign = |key: &str| {
        let key = files.join(format!("{key}.key")).display().to_string();
        let words = [
            "module", "sign", &plugin, "--key", &key, "--type", "plugins",
        ];
        succeeded(&pizza(&words));
    };
    let keys = [("vendor", "\"plugins\""), ("orders", "\"order\"")];
    let trusting = config(files, "trusting.toml", &keys);
    let data = tempfile::tempdir().expect("a directory");
    let silo = Pizza::start(data.path(), &["--config", &trusting]);
    let bind = || run(&silo, data.path(), &["plugin", "bind", "napoli", &plugin]);

    assert!(complained(&bind()).contains("takes only signed"));
    sign("orders");
    let narrow = complained(&bind());
    assert!(
        narrow.contains("trusted for order, not for \"plugins\""),
        "{narrow}"
    );
    sign("vendor");
    succeeded(&bind());
    let listed = |silo: &Pizza| {
        let list = json_of(&run(silo, data.path(), &["plugin", "list", "--json"]));
        list["plugins"][0].clone()
    };
    assert_eq!(listed(&silo)["signedBy"], "vendor");

    // What was withdrawn is not bound again.
    let listing = listed(&silo);
    let digest = listing["digest"].as_str().expect("a digest");
    let words = ["module", "withdraw", digest, "--why", "it guesses"];
    succeeded(&run(&silo, data.path(), &words));
    assert!(complained(&bind()).contains("it guesses"));
    let words = ["plugin", "bind", "napoli", &plugin, "--allow-withdrawn"];
    succeeded(&run(&silo, data.path(), &words));

    // Another key by the same name is another key.
    assert!(silo.stop().success());
    let public = |key: &str| files.join(format!("{key}.pub"));
    let kept = std::fs::read(public("vendor")).expect("a key");
    std::fs::copy(public("orders"), public("vendor")).expect("a copy");
    let replaced = config(files, "replaced.toml", &keys[..1]);
    std::fs::write(public("vendor"), kept).expect("written");
    let silo = Pizza::start(data.path(), &["--config", &replaced]);
    let unusable = listed(&silo)["unusable"].clone();
    let unusable = unusable.as_str().expect("why");
    assert!(unusable.contains("none of the trusted keys"), "{unusable}");

    // Who is not trusted any more is not asked any more; the kitchen does without.
    assert!(silo.stop().success());
    let distrusting = config(files, "distrusting.toml", &keys[1..]);
    let silo = Pizza::start(data.path(), &["--config", &distrusting]);
    let unusable = listed(&silo)["unusable"].clone();
    let unusable = unusable.as_str().expect("why");
    assert!(unusable.contains("none of the trusted keys"), "{unusable}");
    silo.order();
}
