//! Nothing under `host/` knows what a pizzeria has: the silo would host anything else as well.

use std::fs;
use std::path::{Path, PathBuf};

/// Words of the pizzeria, each with its plural. `pizza` itself is what the crates and the program
/// are called.
const WORDS: [&str; 20] = [
    "kitchen",
    "chef",
    "driver",
    "courier",
    "rider",
    "restaurant",
    "ingredient",
    "topping",
    "supplier",
    "inventory",
    "customer",
    "menu",
    "recipe",
    "oven",
    "dough",
    "tomato",
    "mozzarella",
    "basil",
    "margherita",
    "waitress",
];

/// An order in which things come is nothing of the pizzeria; what is written like these is one
/// that somebody eats. More than one is: things have one order.
const ORDERS: [&str; 7] = [
    "\"order\"",
    "order/",
    "order-client",
    "orderId",
    "order_id",
    "order-id",
    "orders",
];

/// It measures the largest contract that there is, which is one of the pizzeria.
const EXCUSED: [&str; 1] = ["host/value/benches/mapping.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let ends = ["rs", "in", "toml", "wit", "wat"];
        if path.is_dir() {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| ends.iter().any(|end| e == *end))
        {
            found.push(path);
        }
    }
}

/// The words of a line, in lower case: names are taken apart as they are written, in
/// `snake_case`, `kebab-case` or `CamelCase`.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in line.chars() {
        // A capital letter after a small one begins a word.
        if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_ascii_alphabetic() {
            let word = words.last_mut().expect("there is one from the beginning");
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    words
}

fn is_of_a_pizzeria(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let of_many = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let forms = [Some(word), Some(singular), of_many.as_deref()];
    WORDS.iter().any(|known| forms.contains(&Some(known)))
}

fn names_a_pizzeria(line: &str) -> bool {
    let is_order = |form: &&str| {
        let end = |at: usize| line[at + form.len()..].chars().next();
        let begin = |at: usize| line[..at].chars().next_back();
        let mut found = line.match_indices(*form);
        // `orders` within another word, as in `reorders`, is none.
        found.any(|(at, _)| {
            let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            !touches(begin(at)) && (form.ends_with('/') || !touches(end(at)))
        })
    };
    words(line).iter().any(|word| is_of_a_pizzeria(word)) || ORDERS.iter().any(is_order)
}

#[test]
fn the_host_knows_no_pizzeria() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("host"), &mut files);
    assert!(files.len() > 200, "only {} files were found", files.len());
    let mut named = Vec::new();
    for file in files {
        let within = file.strip_prefix(root).expect("below").to_owned();
        if EXCUSED.iter().any(|excused| Path::new(excused) == within) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a text");
        let lines = text.lines().enumerate();
        named.extend(
            lines
                .filter(|(_, line)| names_a_pizzeria(line))
                .map(|(number, line)| format!("{}:{}: {line}", within.display(), number + 1)),
        );
    }
    assert!(named.is_empty(), "not neutral:\n{}", named.join("\n"));
}

#[test]
fn words_are_found_as_they_are_written() {
    for (line, expected) in [
        ("let defaultRestaurant = 1;", true),
        ("config.default_restaurant", true),
        ("// Chefs and inventories.", true),
        ("ActorId::new(\"order\", key)", true),
        ("/// like order/order-17", true),
        ("// as many orders as there are", true),
        ("// in the order in which they came", false),
        ("rows are kept in key order", false),
        ("pizza_gateway::serve(menus)", true),
        ("tokens of the pizzeria", false),
        ("a recorder reorders nothing", false),
        ("the device's driverless mode", false),
    ] {
        assert_eq!(names_a_pizzeria(line), expected, "{line}");
    }
}
