"""The package against the command: the same verdicts, the same faults."""

import pickle
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import plain, summaries, table
from rows import RECORDINGS, ROOT, RULES, WINDOWS, rows

import betrace


def test_a_rule_file_without_a_word_to_say_has_no_diagnostics():
    assert betrace.check("rules:\n  - id: audited\n    condition: when { read } always { audit.log }\n") == []


def test_an_error_has_its_code_and_its_place():
    text = "rules:\n  - id: audited\n    condition: always { audit.log\n"
    (error,) = [said for said in betrace.check(text, "mine.yaml") if said["severity"] != "warning"]
    assert (error["code"], error["severity"], error["file"], error["line"]) == ("E0112", "error", "mine.yaml", 3)


def test_rules_with_an_error_are_refused_with_its_place():
    with pytest.raises(ValueError, match="mine.yaml:3"):
        betrace.Rules([("mine.yaml", "rules:\n  - id: audited\n    condition: always { audit.log\n")])
    with pytest.raises(OSError, match="nowhere.yaml"):
        betrace.load("nowhere.yaml")


def test_rules_can_be_sent_elsewhere():
    rules = betrace.load(RULES)
    there = pickle.loads(pickle.dumps(rules))
    assert len(rules) > 3 and there.ids == rules.ids


def test_verdicts_of_recordings_are_those_of_the_command(command):
    lines, _ = command("--verdicts", "all", *RECORDINGS)
    played = betrace.replay(RECORDINGS, RULES, verdicts=["all"])
    assert played.to_table().to_pylist() == plain(lines)
    assert len(played) == len(lines) > 300
    lines, _ = command(*RECORDINGS)
    assert 0 < len(lines) < 100
    assert betrace.replay(RECORDINGS, [RULES]).to_table().to_pylist() == plain(lines)


def test_summaries_are_those_of_the_command(command):
    lines, _ = command("--summary", *RECORDINGS)
    right = summaries(lines)
    assert betrace.replay(RECORDINGS, RULES).summary.to_pylist() == right


def test_rules_over_many_traces_are_judged_as_by_the_command(command):
    lines, _ = command("--verdicts", "all", *RECORDINGS, rules=WINDOWS)
    played = betrace.replay(RECORDINGS, WINDOWS, verdicts=["all"])
    found = played.to_table().to_pylist()
    assert found == plain(lines)
    windows = [row["window"] for row in found]
    assert {row["verdict"] for row in found} >= {"violated", "satisfied"}
    assert any(window["group"] for window in windows) and any(window["exemplars"] for window in windows)
    assert {window["unit"] for window in windows} == {None, "s"}
    lines, _ = command("--summary", *RECORDINGS, rules=WINDOWS)
    assert played.summary.to_pylist() == summaries(lines)
    assert betrace.replay(RECORDINGS, RULES).to_table().column("window").null_count == len(betrace.replay(RECORDINGS, RULES))


def test_rules_over_many_traces_are_known_with_their_places():
    rules = betrace.load([WINDOWS, RULES])
    assert [name for _, name in rules.over_traces] == ["busy", "slow", "mostly-charged"]
    assert rules.over_traces[0][0].endswith("windows.yaml:3:9")
    assert betrace.load(RULES).over_traces == []


def test_rows_in_parquet_are_read_as_the_command_reads_them(command, recorded):
    lines, _ = command("--verdicts", "all", recorded)
    played = betrace.replay(recorded, RULES, verdicts=["all"])
    assert played.to_table().to_pylist() == plain(lines)
    assert played.traces == 75 and played.spans == 952


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("ns", "UTC"), pa.timestamp("us"),
                                  pa.timestamp("us", "UTC"), pa.timestamp("ms"), pa.timestamp("ms", "UTC")], ids=str)
def test_a_time_is_read_in_its_unit_whether_it_is_adjusted_to_utc_or_not(kind, tmp_path):
    found = table(list(rows()))
    times = found.column("Timestamp").cast(pa.timestamp("ns")).cast(kind, safe=False)
    pq.write_table(found.set_column(0, "Timestamp", times), tmp_path / "spans.parquet")
    played = betrace.replay(tmp_path, RULES, verdicts=["violated"])
    exact = betrace.replay(RECORDINGS, RULES, verdicts=["violated"])
    starts = [row["start_time_unix_nano"] for row in played.to_table().to_pylist()]
    right = [row["start_time_unix_nano"] for row in exact.to_table().to_pylist()]
    assert len(starts) == len(right) > 10
    assert all(0 <= one - time < 1_000_000 for one, time in zip(right, starts, strict=True))


def test_what_cannot_be_read_is_raised_with_what_came_of_the_rest(command, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}\n' * 50)
    _, ended = command(broken, *RECORDINGS)
    with pytest.raises(betrace.BrokenInput, match="broken.jsonl: line 1") as caught:
        betrace.replay([broken, *RECORDINGS], RULES)
    assert 1 < len(caught.value.faults) < 10
    assert all(fault in ended.stderr for fault in caught.value.faults), ended.stderr
    kept = betrace.replay([broken, *RECORDINGS], RULES, on_fault="keep")
    assert kept.faults == caught.value.faults
    assert len(kept) == len(caught.value.played) == len(betrace.replay(RECORDINGS, RULES))


def test_what_is_no_recording_and_what_is_not_there_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("bread, milk\n")
    with pytest.raises(betrace.BrokenInput, match="no traces of a kind that is known"):
        betrace.replay(tmp_path / "notes.txt", RULES)
    with pytest.raises(betrace.BrokenInput, match="no recorded traces in this directory"):
        betrace.replay(tmp_path, RULES)
    with pytest.raises(OSError, match="nowhere"):
        betrace.replay(tmp_path / "nowhere", RULES)


def test_verdicts_come_in_bounded_batches():
    many = betrace.Rules([(f"{number}.yaml", f"rules: [ {{ id: r{number}, condition: 'always {{ a }}' }} ]")
                          for number in range(100)])
    played = betrace.replay(RECORDINGS, many, verdicts=["all"])
    sizes = [batch.num_rows for batch in played]
    assert sizes == [4096, len(played) - 4096] and len(played) == 7500
    assert set(played.summary.column("never_applied").to_pylist()) == {"no_span"}


@pytest.mark.parametrize(
    "options, said",
    [({"verdicts": ["right"]}, "violated"), ({"memory_mib": 0}, "memory_mib"), ({"on_fault": "hide"}, "on_fault")],
)
def test_options_that_there_are_not_are_refused(options, said):
    with pytest.raises(ValueError, match=said):
        betrace.replay(RECORDINGS, RULES, **options)


def test_the_page_of_the_package_shows_what_runs(monkeypatch):
    page = (ROOT / "python" / "README.md").read_text()
    shown = page.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(ROOT)
    exec(shown, {})


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_started_fresh_replay_as_the_page_says(tmp_path, method):
    page = (ROOT / "python" / "README.md").read_text()
    (program,) = [block.split("```")[0] for block in page.split("```py\n")[1:] if "multiprocessing" in block.split("```")[0]]
    program = program.replace('"spawn"', repr(method)).replace('"rules/"', repr(str(RULES)))
    program = program.replace('"monday.jsonl.zst"', repr(str(RECORDINGS[0]))).replace('"tuesday.jsonl.zst"', repr(str(RECORDINGS[1])))
    # The parent has used the engine before.
    program = program.replace("    with multi", "    verdicts(" + repr(str(RECORDINGS[0])) + ")\n    with multi")
    file = tmp_path / "program.py"
    file.write_text(program + "    print([len(table) for table in tables])\n")
    run = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    right = [len(betrace.replay(recording, RULES).to_table()) for recording in RECORDINGS[:2]]
    assert run.stdout.strip() == str(right)
