//! What was found of very many actors, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use super::super::actor_creation::{Created, Tenth};
use super::super::actor_load::Measured;
use super::super::cpu::CpuSeconds;
use super::super::read_back::ReadBack;
use super::server::Standing;

pub(super) struct Report {
    pub(super) actor_type: String,
    pub(super) connections: u16,
    /// The measured time of each kind of reads.
    pub(super) took: Duration,
    /// How many were wanted, and how many of them were created first.
    pub(super) actors: u64,
    pub(super) few: u64,
    /// How many were created.
    pub(super) created: u64,
    /// All but the few.
    pub(super) others: Created,
    /// With the few, right after the others, and when its memory was still.
    pub(super) before: Standing,
    pub(super) right_after: Standing,
    pub(super) after: Standing,
    pub(super) reads: Reads,
    pub(super) active_after_reads: u64,
    pub(super) read_back: ReadBack,
}

/// Reads of actors at random.
pub(super) struct Reads {
    /// Of the few, when there were no others.
    pub(super) with_few: Measured,
    /// Of all.
    pub(super) of_all: Measured,
    /// Of the few, when there were all.
    pub(super) of_few: Measured,
}

impl Report {
    /// # Errors
    /// When not all were created, reads failed, or an actor cannot be read back.
    pub(super) fn complain(&self) -> anyhow::Result<()> {
        let (created, actors) = (self.created, self.actors);
        let Created {
            refused, failed, ..
        } = self.others;
        ensure!(
            created == actors,
            "{created} of {actors} actors were created; of the others {refused} were refused \
             (429, 503, 507), {failed} failed"
        );
        for (name, reads) in self.reads.named() {
            let failed = reads.failed + reads.refused;
            ensure!(failed == 0, "{name}: {failed} reads were not answered");
        }
        let ReadBack { wanted, lost, .. } = self.read_back;
        ensure!(lost == 0, "{lost} of {wanted} actors cannot be read back");
        Ok(())
    }

    /// Bytes of memory of each actor that was created between the two looks.
    fn bytes_each(&self) -> f64 {
        let grown = self.after.resident - self.before.resident;
        grown / self.others.count().max(1) as f64
    }

    /// Those that are active by the server's word, of the ones that were created between two looks.
    fn active(&self) -> u64 {
        self.after.active.saturating_sub(self.before.active)
    }

    fn cpu_us(&self) -> Option<(f64, f64)> {
        let cpu = CpuSeconds {
            server: self.right_after.cpu.server - self.before.cpu.server,
            generator: self.right_after.cpu.generator - self.before.cpu.generator,
        };
        cpu.us_of_each(self.others.count())
    }

    fn rate(&self, reads: &Measured) -> f64 {
        reads.latencies.count() as f64 / self.took.as_secs_f64()
    }

    /// The rate of reads of all, as a share of those of the few: before there were others, and
    /// beside them.
    fn shares(&self) -> (f64, f64) {
        let Reads {
            with_few,
            of_all,
            of_few,
        } = &self.reads;
        let all = self.rate(of_all);
        let of = |reads: &Measured| all / self.rate(reads).max(1.0);
        (of(with_few), of(of_few))
    }

    fn tenth_rates(&self) -> Vec<f64> {
        let tenths = self.others.tenths.iter();
        tenths.map(Tenth::rate).collect()
    }

    fn json(&self) -> Value {
        let cpu = self.cpu_us();
        let (of_before, of_beside) = self.shares();
        let tenth = |tenth: &Tenth| {
            json!({
                "created": tenth.latencies.count(), "perSecond": tenth.rate(),
                "latencyMs": tenth.latencies.json(),
            })
        };
        let reads = self.reads.named().map(|(name, reads)| {
            json!({
                "of": name, "perSecond": self.rate(reads),
                "latencyMs": reads.latencies.json(), "refused": reads.refused,
                "failed": reads.failed, "serverCpuUs": reads.cpu_us().map(|(server, _)| server),
            })
        });
        json!({
            "type": self.actor_type, "connections": self.connections,
            "actors": self.actors, "few": self.few, "created": self.created,
            "refused": self.others.refused, "failed": self.others.failed,
            "seconds": self.others.took.as_secs_f64(), "perSecond": self.others.rate(),
            "tenths": self.others.tenths.iter().map(tenth).collect::<Vec<_>>(),
            "serverCpuUs": cpu.map(|(server, _)| server),
            "generatorCpuUs": cpu.map(|(_, generator)| generator),
            "activeBefore": self.before.active, "activeAfter": self.after.active,
            "activeAfterReads": self.active_after_reads,
            "residentBefore": self.before.resident, "residentRightAfter": self.right_after.resident,
            "residentAfter": self.after.resident, "residentMost": self.after.resident_most,
            "bytesEach": self.bytes_each(),
            "reads": reads, "shareOfFewBefore": of_before, "shareOfFewBeside": of_beside,
            "readBack": self.read_back.read, "lost": self.read_back.lost,
        })
    }

    /// # Errors
    /// When the output is closed.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if as_json {
            writeln!(out, "{}", self.json())?;
            return Ok(());
        }
        let (actor_type, others) = (&self.actor_type, &self.others);
        let (actors, few, connections) = (self.actors, self.few, self.connections);
        writeln!(
            out,
            "{actor_type}, {connections} connections: {actors} actors, {few} of them first"
        )?;
        writeln!(
            out,
            "  created      {:>10}   the others in {:.1} s, {:.0} a second; {} refused, {} failed",
            self.created,
            others.took.as_secs_f64(),
            others.rate(),
            others.refused,
            others.failed
        )?;
        let rates = self.tenth_rates();
        let rate = |at: usize| rates.get(at).copied().unwrap_or_default();
        let told: Vec<_> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        let last = rate(rates.len().saturating_sub(1)) / rate(0).max(1.0);
        writeln!(
            out,
            "  by tenths    {} a second; last {last:.2} of the first",
            told.join(", ")
        )?;
        let p99s = others.tenths.iter().map(|tenth| tenth.latencies.ms(0.99));
        let p99s: Vec<_> = p99s.map(|ms| format!("{ms:.1}")).collect();
        writeln!(out, "  p99          {} ms", p99s.join(", "))?;
        if let Some((server, generator)) = self.cpu_us() {
            writeln!(
                out,
                "  CPU of each  {server:>10.1} µs server, {generator:.1} µs generator"
            )?;
        }
        self.print_memory(&mut out)?;
        self.print_reads(&mut out)?;
        let ReadBack { read, lost, .. } = self.read_back;
        writeln!(out, "  read back    {read:>10}   lost {lost}")?;
        Ok(())
    }

    fn print_memory(&self, out: &mut impl std::io::Write) -> anyhow::Result<()> {
        let (active, others) = (self.active(), self.others.count());
        writeln!(
            out,
            "  active       {active:>10}   of the {others} others; {} of all types before, {} after, {} after the reads",
            self.before.active, self.after.active, self.active_after_reads,
        )?;
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        let most = self.after.resident_most.map(mib);
        let most = most.map_or(String::new(), |most| format!(", {most:.0} MiB at most"));
        writeln!(
            out,
            "  resident     {:>10.0}   bytes each: {:.0} MiB before, {:.0} MiB right after, {:.0} MiB when still{most}",
            self.bytes_each(),
            mib(self.before.resident),
            mib(self.right_after.resident),
            mib(self.after.resident),
        )?;
        Ok(())
    }

    fn print_reads(&self, out: &mut impl std::io::Write) -> anyhow::Result<()> {
        for (name, reads) in self.reads.named() {
            let (rate, p99) = (self.rate(reads), reads.latencies.ms(0.99));
            write!(
                out,
                "  reads        {rate:>10.0}   a second of {name}, p99 {p99:.2} ms"
            )?;
            if let Some((server, generator)) = reads.cpu_us() {
                write!(
                    out,
                    "; CPU of each {server:.1} µs server, {generator:.1} µs generator"
                )?;
            }
            writeln!(out)?;
        }
        let (of_before, of_beside) = self.shares();
        writeln!(
            out,
            "  of all           {of_before:>6.2}   of the few alone, {of_beside:.2} of the few beside all"
        )?;
        Ok(())
    }
}

impl Reads {
    fn named(&self) -> [(&'static str, &Measured); 3] {
        [
            ("the few alone", &self.with_few),
            ("all", &self.of_all),
            ("the few beside all", &self.of_few),
        ]
    }
}
