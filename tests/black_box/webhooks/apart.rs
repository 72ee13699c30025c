//! Bridges in processes of their own that post: of several, one.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{Pizza, until};
use crate::webhooks::receiver::{Delivery, Receiver};
use crate::webhooks::world::{World, ready, section};

struct Bridge(Child);

impl Bridge {
    /// Open when it returns.
    fn start(pizza: &Pizza, data: &Path, config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pizza"))
            .args(["bridge", "--silo", &pizza.admin.to_string(), "--data"])
            .arg(data)
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("posts") && line.contains("hook")));
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().expect("it can be killed");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn of_two_processes_one_posts_and_the_other_goes_on_after_its_death() {
    let receiver = Receiver::start();
    let data = tempfile::tempdir().expect("a directory");
    let config = data.path().join("bridge.toml");
    std::fs::write(&config, section(&receiver, "begin = \"oldest\"")).expect("a file");
    let pizza = crate::webhooks::world::start(data.path(), "");
    let mut bridges = [(); 2].map(|()| Bridge::start(&pizza, data.path(), &config));
    let world = World { pizza, data };
    let told = || -> Vec<u64> {
        receiver
            .deliveries()
            .iter()
            .map(Delivery::position)
            .collect()
    };
    let all_told = || {
        until("all to be told", || {
            let expected = world.positions();
            let last = expected.last().copied();
            (told().last().copied() == last).then_some(expected)
        })
    };
    ready(&world.pizza);
    let expected = all_told();
    // Two that posted would have told some twice.
    assert_eq!(told(), expected);
    for bridge in &mut bridges {
        // One of them is the one that posts.
        bridge.kill();
        ready(&world.pizza);
        let expected = all_told();
        let mut firsts: Vec<u64> = Vec::new();
        for position in told() {
            if !firsts.contains(&position) {
                firsts.push(position);
            }
        }
        assert_eq!(firsts, expected, "in order, and none missing");
        *bridge = Bridge::start(&world.pizza, world.data.path(), &config);
    }
}
