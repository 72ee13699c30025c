"""The manifests of Kubernetes: put together, held against its schemas, and against each other."""

import re
import subprocess

import yaml

from sandbox import Failed

# The oldest and the newest that the manifests are for.
VERSIONS = ["1.30", "1.37"]


class Manifests:
    def __init__(self, tools, folder, work):
        built = subprocess.run([tools / "kubectl", "kustomize", folder], stdout=subprocess.PIPE, check=True, text=True)
        self.text, self.file = built.stdout, work / "kubernetes.yaml"
        self.file.write_text(built.stdout)
        self.objects = [each for each in yaml.safe_load_all(built.stdout) if each]
        self.tools = tools

    def of(self, kind):
        return [each for each in self.objects if each["kind"] == kind]

    def pods(self):
        return {each["metadata"]["name"]: each["spec"]["template"]
                for each in [*self.of("StatefulSet"), *self.of("Deployment")]}

    def verify(self):
        for version in VERSIONS:
            said = subprocess.run([self.tools / "kubernetes-validate", "--strict", "-k", version, self.file],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if said.returncode or said.stdout.count("passed for resource") != len(self.objects):
                raise Failed(f"Kubernetes {version}:\n{said.stdout[-2000:]}")
        pods = self.pods()
        for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            for each in self.of(kind):
                self.selects(kind, each, pods)
        for name, pod in pods.items():
            self.container(name, pod["spec"], pod["spec"]["containers"][0])
        for rule in self.of("Ingress")[0]["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = [port["name"] for each in self.of("Service") if each["metadata"]["name"] == backend["name"]
                         for port in each["spec"]["ports"]]
                if backend["port"]["name"] not in ports:
                    raise Failed(f"the ingress sends to {backend}, which has {ports}")
        return f"{len(self.objects)} objects of Kubernetes against the schemas of {' and '.join(VERSIONS)}"

    def selects(self, kind, each, pods):
        name, spec = each["metadata"]["name"], each["spec"]
        chosen = spec["selector"] if kind == "Service" else spec.get("selector", spec.get("podSelector"))["matchLabels"]
        matched = [pod for pod in pods.values() if chosen.items() <= pod["metadata"]["labels"].items()]
        if len(matched) != 1:
            raise Failed(f"{kind} {name} selects {len(matched)} kinds of pods by {chosen}")
        named = {port["name"] for port in matched[0]["spec"]["containers"][0]["ports"]}
        wanted = {port["targetPort"] for port in spec["ports"]} if kind == "Service" else set()
        if kind == "NetworkPolicy":
            wanted = {port["port"] for rule in spec["ingress"] for port in rule["ports"]}
        if not wanted <= named:
            raise Failed(f"{kind} {name} names ports {wanted - named}")

    def container(self, name, spec, container):
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        # Each listens where it says.
        listens = {int(port) for port in re.findall(r"0\.0\.0\.0:(\d+)", " ".join(container["args"]))}
        if listens != set(ports.values()):
            raise Failed(f"{name} listens at {listens} and says {ports}")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if container[probe]["httpGet"]["port"] not in ports:
                raise Failed(f"{name}: {probe} asks at no port of its own")
        if spec["terminationGracePeriodSeconds"] < 30:
            raise Failed(f"{name} has {spec['terminationGracePeriodSeconds']} s to drain")
        secured = container["securityContext"]
        if not (spec["securityContext"]["runAsNonRoot"] and secured["readOnlyRootFilesystem"]
                and secured["capabilities"]["drop"] == ["ALL"] and not secured["allowPrivilegeEscalation"]):
            raise Failed(f"{name} is not hardened")
        volumes = {volume["name"] for volume in spec["volumes"]} | {"data"}
        if not {mount["name"] for mount in container["volumeMounts"]} <= volumes:
            raise Failed(f"{name} mounts what is not there")

    def environment(self, pod, hostname):
        """What the container finds, as the one that is called so."""
        env = {}
        for entry in self.pods()[pod]["spec"]["containers"][0]["env"]:
            value = entry["value"] if "value" in entry else hostname
            env[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda match: env[match[1]], value)
        return env

    def args(self, pod):
        return self.pods()[pod]["spec"]["containers"][0]["args"]

    def probes(self, pod):
        container = self.pods()[pod]["spec"]["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        return [f"{ports[container[probe]['httpGet']['port']]}{container[probe]['httpGet']['path']}"
                for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
