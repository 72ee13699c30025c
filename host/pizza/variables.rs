//! Variables of the environment: one that nobody reads was meant for something.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::Command;

/// What all of ours begin with.
const OURS: &str = "PIZZA_";
/// What the build reads.
const OF_THE_BUILD: [&str; 2] = ["PIZZA_UI", "PIZZA_UI_DIST"];

/// A line for each variable that looks like one of ours and is none.
pub(crate) fn unknown(command: &Command) -> Vec<String> {
    let mut known = BTreeSet::from(OF_THE_BUILD.map(str::to_owned));
    gather(command, &mut known);
    let set = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value);
        (name.starts_with(OURS) && !is_of_a_cluster(&name, &value)).then_some(name)
    });
    let unknown = set.filter(|name| !known.contains(name));
    unknown.map(|name| told(&name, &known)).collect()
}

/// Kubernetes tells each process of the services around it, by variables made of their names.
fn is_of_a_cluster(name: &str, value: &OsString) -> bool {
    let value = value.to_string_lossy();
    name.contains("_SERVICE_")
        || name.contains("_PORT_")
        || value.contains("://") && name.ends_with("_PORT")
}

fn gather(command: &Command, known: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    known.extend(variables.filter_map(|name| name.to_str().map(str::to_owned)));
    for verb in command.get_subcommands() {
        gather(verb, known);
    }
}

fn told(name: &str, known: &BTreeSet<String>) -> String {
    let near = known
        .iter()
        .map(|other| (distance(name, other), other))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match near {
        Some((_, near)) => {
            format!("warning: {name} is set, and nothing reads it; is it {near} that is meant?")
        }
        None => format!(
            "warning: {name} is set, and nothing reads it; docs/configuration.md has all that are read"
        ),
    }
}

/// How many letters are to be changed, added or removed (Levenshtein, 1965).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for (row, of_a) in a.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, of_b) in b.iter().enumerate() {
            let changed = before[column] + usize::from(of_a != *of_b);
            line.push(changed.min(before[column + 1] + 1).min(line[column] + 1));
        }
        before = line;
    }
    before[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_one_of_ours_is_named() {
        let known = BTreeSet::from(["PIZZA_HTTP".to_owned(), "PIZZA_DATA".to_owned()]);
        assert!(told("PIZZA_HTPP", &known).contains("is it PIZZA_HTTP that"));
        assert!(told("PIZZA_COLOUR_OF_IT", &known).contains("docs/configuration.md"));
        for (a, b, expected) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn what_kubernetes_sets_is_left_alone() {
        let of_a_cluster = |name: &str, value: &str| is_of_a_cluster(name, &value.into());
        assert!(of_a_cluster("PIZZA_GATEWAY_SERVICE_HOST", "10.0.0.1"));
        assert!(of_a_cluster("PIZZA_GATEWAY_PORT_5000_TCP_ADDR", "10.0.0.1"));
        assert!(of_a_cluster("PIZZA_GATEWAY_PORT", "tcp://10.0.0.1:5000"));
        assert!(!of_a_cluster("PIZZA_PORT", "5000"));
    }
}
