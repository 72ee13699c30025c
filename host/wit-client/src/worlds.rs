//! A contract without its worlds: whoever calls an actor needs none of what it imports itself.

/// The text without each `world … { … }` and the docs above it.
pub(super) fn without(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut depth: Option<usize> = None;
    for line in text.lines() {
        // Braces in comments are no braces; what is behind them is not code.
        let code = line.split("//").next().unwrap_or_default();
        let opens = code.matches('{').count();
        let closes = code.matches('}').count();
        match depth {
            None if code.trim_start().starts_with("world ") => {
                while kept.last().is_some_and(|line| is_about_what_follows(line)) {
                    kept.pop();
                }
                depth = (opens == 0 || opens > closes).then_some(opens - closes.min(opens));
            }
            None => kept.push(line),
            Some(open) => {
                let now = (open + opens).saturating_sub(closes);
                depth = (now > 0 || (open == 0 && opens == 0)).then_some(now);
            }
        }
    }
    while kept.last().is_some_and(|line| line.trim().is_empty()) {
        kept.pop();
    }
    kept.join("\n") + "\n"
}

/// Docs, gates and empty lines above an item.
fn is_about_what_follows(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("//") || line.starts_with('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worlds_go_and_the_rest_stays() {
        let rest = "package a:b@0.1.0;\n\ninterface b {\n    f: func(); // no { brace\n}\n";
        for world in [
            "/// Its world.\nworld b-actor {\n    include x:y/z;\n    import i: interface {\n        g: func();\n    }\n    export b;\n}",
            "world b-actor { export b; }",
            "world b-actor\n{\n    // }\n    export b;\n}",
        ] {
            assert_eq!(without(&format!("{rest}\n{world}\n")), rest, "{world}");
            let before = rest.replace("interface", &format!("{world}\n\ninterface"));
            let found = without(&before);
            assert!(
                !found.contains("world") && found.contains("interface b {"),
                "{found}"
            );
        }
    }
}
