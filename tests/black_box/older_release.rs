//! What a release has left in its data directory is read by the program of now. `releases/` has a small one of each: a
//! restaurant of the demo with three orders, stopped in good order.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Pizza, until};

/// How many orders each has, which were ready.
const ORDERS: usize = 3;

fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box/releases");
    let files = fs::read_dir(folder).expect("a folder");
    files.map(|file| file.expect("an entry").path()).collect()
}

fn unpack(release: &Path, to: &Path) {
    let packed = fs::read(release).expect("a file");
    let mut tar = Vec::new();
    brotli::BrotliDecompress(&mut &packed[..], &mut tar).expect("packed by brotli");
    fs::create_dir(to).expect("a directory");
    let mut unpacks = Command::new("tar");
    let unpacks = unpacks
        .arg("xf")
        .arg("-")
        .arg("-C")
        .arg(to)
        .stdin(Stdio::piped());
    let mut child = unpacks.spawn().expect("tar is there");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(&tar).expect("written");
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn what_a_release_left_goes_on_under_the_program_of_now() {
    let releases = releases();
    assert!(!releases.is_empty(), "there is no release");
    for release in releases {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data");
        unpack(&release, &data);
        let pizza = Pizza::start(&data, &[]);
        let listed = pizza.get("/api/restaurants/napoli/orders").json();
        let orders = listed["orders"].as_array().expect("a list").clone();
        assert_eq!(orders.len(), ORDERS, "{}: {listed}", release.display());
        for order in &orders {
            let path = format!("/api/orders/{}", order["orderId"].as_str().expect("an id"));
            assert_eq!(pizza.get(&path).json()["status"], "ready");
            let timeline = pizza.get(&format!("{path}/timeline")).text();
            assert!(
                timeline.contains("baking"),
                "its events are there: {timeline}"
            );
        }
        let new = pizza.order();
        assert!(pizza.stop().success());
        let pizza = Pizza::start(&data, &[]);
        until("the new order to be ready", || {
            let order: Value = pizza.get(&format!("/api/orders/{new}")).json();
            (order["status"] == "ready").then_some(())
        });
        // The restaurant, an actor of before, has heard of it, too.
        until("it to be in the restaurant's list", || {
            let listed = pizza.get("/api/restaurants/napoli/orders").json();
            let count = listed["orders"].as_array().map(Vec::len);
            (count == Some(ORDERS + 1)).then_some(())
        });
    }
}
