import jsonschema
import pytest

from fizzlab.cli.documents import Identified


def test_fizzbuzz_in_base_2_is_told_in_one_paragraph(fizzlab):
    done = fizzlab("identify")
    assert done.code == 0
    assert done.out.count("\n") == 1
    assert done.out.startswith(
        "3=fizz,5=buzz from the labels of 923 integers (101..1023), read in base 2: determined "
        "among automata of at most 15 states (after the first digit). The training labels tell 15 "
        "prefixes apart, pairwise, as many as there are states allowed"
    )


def test_the_decimal_trap_is_printed_as_a_machine(fizzlab):
    done = fizzlab("identify", "--set", "encoding.base=10")
    assert done.code == 0
    for text in (
        "not determined among automata of at most 6 states",
        "No automaton of at most 5 states fits",
        "Machines that fit disagree on: 10",
        "it is right on 100 of 100 test integers",
        "of 8976",
        "from 1024 to 9999:",
        "Its state after each next digit",
        "fizzbuzz",
    ):
        assert text in done.out
    assert done.out.count("│ number") + done.out.count("│ fizz") + done.out.count("│ buzz") == 6


def test_json_is_what_its_schema_says(fizzlab):
    found = fizzlab("identify", "--rule", "3=a,4=b", "--json").json
    jsonschema.validate(found, Identified.model_json_schema())
    assert (found["verdict"], found["rule"]) == ("not determined", "3=a,4=b")
    assert found["open_integers"] == [1, 2]
    assert len(found["machine"]["labels"]) == 9


def test_fewer_states_and_a_search_without_time(fizzlab):
    assert "fitted by none of the automata of at most 14 states" in fizzlab(
        "identify", "--states", "14"
    ).out.replace("\n", " ")
    done = fizzlab("identify", "--rule", "3=a,5=b,7=c", "--seconds", "0")
    assert done.code == 0
    assert "whether it is determined among automata of at most 105 states" in done.out


def test_a_machine_too_large_for_a_table_is_left_to_json(fizzlab):
    done = fizzlab("identify", "--set", "encoding.base=20", "--states", "60", "--seconds", "1")
    assert done.code == 0
    assert "--json gives them all" in done.out


def test_quiet_prints_nothing(fizzlab):
    done = fizzlab("identify", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_preset_of_fixed_width_is_read_in_base_2(fizzlab):
    found = fizzlab("identify", "--preset", "td1", "--json").json
    assert (found["base"], found["verdict"]) == (2, "determined")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--states", "0"], "There is no such number of states."),
        (["--rule", "1=a"], "expected divisors of at least 2, got 1"),
        (["--rule", "0=a"], "expected divisors of at least 2, got 0"),
        (["--rule", "3=a,3=b"], "expected distinct divisors"),
        (["--set", "encoding.base=1"], "expected a number of at least 2, got 1"),
        (["--set", "data.train=0"], "There are no training integers to read."),
        (["--set", "data.train=twice.csv"], "line 3: the integer 5 has two labels"),
        (["--set", "data.train=wrong.csv"], "The label of 6 is not the rule's."),
        (["--preset", "readers"], 'There is no preset "readers". Did you mean "reader"?'),
        (["--preset", "reader", "--config", "a.toml"], "exclude each other"),
    ],
)
def test_bad_input_is_explained(fizzlab, tmp_path, arguments, text):
    (tmp_path / "twice.csv").write_text("integer,label\n5,buzz\n5,fizz\n")
    (tmp_path / "wrong.csv").write_text("integer,label\n105,fizzbuzz\n6,buzz\n")
    done = fizzlab("identify", "--set", 'data.test=""', *arguments)
    assert (done.code, done.out) == (2, "")
    assert text in done.err
