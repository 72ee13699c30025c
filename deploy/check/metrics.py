"""Whether the board and the rules ask for what is really told: each metric, each label, each value."""

import copy
import json
import re

import yaml

from sandbox import Failed

# Prometheus's own.
OF_PROMETHEUS = {"up": {"job": set(), "instance": set()}, "ALERTS": {"alertstate": set(), "alertname": set()}}
TARGET_LABELS = {"job", "instance"}
WORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right",
         "Inf", "NaN", "inf", "nan"}
# A name that is no part of a number, with what is chosen of it. Texts may have braces.
SELECTOR = re.compile(r'(?<![\w.:"])([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{(?:[^{}"]|"[^"]*")*\})?')
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


class Exposed:
    """What processes have told: names of metrics, their labels, and the labels' values."""

    def __init__(self):
        self.metrics = copy.deepcopy(OF_PROMETHEUS)

    def add(self, text):
        for line in text.splitlines():
            match = re.match(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? ", line)
            if match and not line.startswith("#"):
                labels = self.metrics.setdefault(match[1], {})
                for key, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""):
                    labels.setdefault(key, set()).add(value)

    def problems(self, expression, shown=""):
        """What is wrong with an expression, and with the labels that its legend shows."""
        left = expression.replace("$__rate_interval", "5m")
        left = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", " ", left)
        grouped = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", left)
        left = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", left)
        found, known = [], set(TARGET_LABELS)
        for match in SELECTOR.finditer(left):
            name, matchers = match[1], match[2] or ""
            is_function = not matchers and left[match.end():].startswith("(")
            if name in WORDS or is_function:
                continue
            labels = self.metrics.get(name)
            if labels is None:
                found.append(f"nobody tells of {name}")
                continue
            known |= labels.keys()
            for key, operator, value in MATCHER.findall(matchers):
                if key not in labels.keys() | TARGET_LABELS:
                    found.append(f"{name} has no label {key}")
                elif operator in ("=", "=~") and key in labels and labels[key]:
                    whole = re.compile(value if operator == "=~" else re.escape(value))
                    if not any(whole.fullmatch(each) for each in labels[key]) and (name, key, value) not in NOT_SEEN:
                        found.append(f"{name} has no {key} {operator} {value}: there are {sorted(labels[key])[:9]}")
        asked = {label.strip() for group in grouped for label in group.split(",") if label.strip()}
        asked |= set(re.findall(r"\{\{\s*(\w+)\s*\}\}", shown))
        if not any(problem.startswith("nobody") for problem in found):
            found += [f"{label} is a label of nothing in {expression}" for label in sorted(asked - known)]
        return found


# Values that no healthy run has.
NOT_SEEN = {("pizza_http_requests_total", "status", "5..")}
# Metrics that are told from the first time on that something goes wrong which this check does not bring about: each
# with the source that has it, and its labels there.
BY_SOURCE = {
    "pizza_bridge_events_missed_total": ("bridge/src/metrics.rs", set()),
    "pizza_bridge_subscriptions_refused_total": ("bridge/src/metrics.rs", set()),
    "pizza_bridge_ignored_total": ("bridge/src/metrics.rs", {"mapping"}),
    "pizza_broker_dropped_total": ("bridge/broker/src/metrics.rs", {"place"}),
    "pizza_broker_waits_total": ("bridge/broker/src/metrics.rs", {"reason"}),
    # Often told after a silo was away, and not always.
    "pizza_router_retries_total": ("host/runtime/src/metrics.rs", set()),
}


def add_by_source(exposed, root):
    """Adds those that nobody has told, and says which."""
    added = []
    for name, (file, labels) in BY_SOURCE.items():
        source = (root / file).read_text()
        constant = re.search(rf'const (\w+): &str = "{name}";', source)
        if not constant:
            raise Failed(f"{file} has no metric {name}")
        there = set(re.findall(r'"(\w+)" =>', "".join(re.findall(rf"counter!\({constant[1]}\b[^;]*;", source))))
        if there != labels:
            raise Failed(f"{name} has the labels {there} in {file}, not {labels}")
        if name not in exposed.metrics:
            exposed.metrics[name] = {label: set() for label in labels}
            added.append(name)
    return f"by their source, for nothing went wrong so: {', '.join(sorted(added))}"


def expressions(deploy):
    """All expressions: where, what, and which labels are shown of it."""
    board = json.loads((deploy / "grafana/dashboards/pizza.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"board, {panel['title']}", target["expr"], target["legendFormat"]
    for rule in rules(deploy):
        text = " ".join(rule["annotations"].values())
        yield f"alert {rule['alert']}", rule["expr"], re.sub(r"\$labels\.(\w+)", r"\1", text.replace("| ", "}} {{"))


def rules(deploy):
    groups = yaml.safe_load((deploy / "prometheus/alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def compare(deploy, exposed):
    wrong, count, used = [], 0, set()
    for where, expression, shown in expressions(deploy):
        shown = " ".join(re.findall(r"\{\{\s*\w+\s*\}\}", shown))
        shown = re.sub(r"\{\{\s*(humanize\w*)\s*\}\}", "", shown)
        wrong += [f"{where}: {problem}" for problem in exposed.problems(expression, shown)]
        used |= set(re.findall(r"\bpizza_\w+", expression))
        count += 1
    if wrong:
        raise Failed("\n".join(wrong))
    base = lambda name: re.sub(r"_(bucket|sum|count)$", "", name)
    unused = {base(name) for name in exposed.metrics if name.startswith("pizza_")} - {base(name) for name in used}
    return f"{count} expressions ask for {len(used)} metrics" + (
        f"; nobody asks for {', '.join(sorted(unused))}" if unused else ", and for all there are")


def finds_mistakes(exposed):
    """Mistakes that are planted: each has to be found."""
    right = 'sum by (type) (rate(pizza_turns_total{outcome="failed"}[5m]))'
    planted = {"metric": right.replace("turns_total", "turn_total"), "label": right.replace("outcome", "outcom"),
               "value": right.replace("failed", "faild"), "group": right.replace("(type)", "(typ)"),
               "other metric": right.replace("pizza_", "piza_")}
    if exposed.problems(right, "{{type}}"):
        raise Failed(f"the check takes {right} for wrong: {exposed.problems(right, '{{type}}')}")
    for what, wrong in planted.items():
        if len(exposed.problems(wrong)) != 1:
            raise Failed(f"a mistake in the {what} is not found: {wrong}")
    if len(exposed.problems(right, "{{typ}}")) != 1:
        raise Failed("a mistake in a legend is not found")
    return f"{len(planted) + 1} mistakes that were planted are found"
