#!/usr/bin/env python3
"""Breaks each rule of scripts/conformance on purpose, in a scratch tree, and sees it named."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / 'scripts/check-conformance'
WRITER = SCRIPT.parent / 'conformance'

TABLE = ('id\tsection\tlevel\trequirement\tstatus\n'
         'rfc1#1\t1\tMUST\tOne is one.\t\n'
         'rfc1#2\t2\tSHOULD\tTwo | are two.\t\n'
         'rfc1#4\t2\tMUST NOT\tThree.\tlater: three comes after two\n'
         'rfc1#5\t3\tMUST\tFour.\tdeviation: five is better\n')
ATTACKS = ('id\tattack\tstatus\nA1\ta short thing\t\nB2\ta long thing\tlater: not built\n'
           'E3\ta third thing\t\n')
SOURCE = '''/*
 * A file. RFC 1 sections 1 and 2.
 */
#include "x.h"

#define LIMIT 3

/* Adds one. [rfc1#1] */
static __attribute__((unused)) int add_one(int a)
{
    char brace = '{';
    return a + 1; /* "}" */
}

struct thing {
    int field; /* a field */
};

static const int table[] = {1, 2};

int add_two(int (*of)(int), int a)
{
    // The second of them. [rfc1#2]
    return of(a) + 2;
}

/*
 * DEVIATION: five and not four,
 * for it is more [rfc1#5].
 */
int five(void)
{
    return 5;
}
'''
TEST = '''/* Tests. */

/* [rfc1#1] [attack:A1] [attack:E3] */
static void one_is_one(void **state)
{
    (void)state;
}

static void two_are_two(void **state)
{
    /* [rfc1#2] */
    (void)state;
}
'''
ATTACK_TEST = '''/* Attacks. */

/* [attack:A1] */
static void attack_a1_short_things_change_nothing(void **state)
{
    (void)state;
}
'''


class Conformance(unittest.TestCase):
    """A scratch tree that agrees, and what happens when a part of it does not."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = Path(self.scratch.name)
        self.put('docs/requirements/rfc1.tsv', TABLE)
        self.put('docs/requirements/attacks.tsv', ATTACKS)
        self.put('docs/requirements/titles.tsv', 'rfc\ttitle\nrfc1\tThe first\n')
        self.put('src/base/a.c', SOURCE)
        self.put('tests/base/a_test.c', TEST)
        self.put('tests/attacks/a_test.c', ATTACK_TEST)
        self.write()

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')

    def change(self, name, old, new):
        text = (self.root / name).read_text(encoding='utf-8')
        self.assertIn(old, text)
        self.put(name, text.replace(old, new))

    def write(self):
        subprocess.run([WRITER, '--root', self.root], check=True, capture_output=True, timeout=20)

    def check(self):
        run = subprocess.run([SCRIPT, self.root], capture_output=True, text=True, timeout=20,
                             check=False)
        self.assertEqual(run.stderr, '')
        return run.returncode, run.stdout

    def assert_fault(self, fault):
        self.write()
        status, out = self.check()
        self.assertEqual(status, 1, out)
        self.assertIn(fault, out)

    def document(self):
        return (self.root / 'docs/conformance.md').read_text(encoding='utf-8')

    def test_tree_that_agrees_passes(self):
        status, out = self.check()
        self.assertEqual(status, 0)
        self.assertEqual(out, 'check-conformance: 4 requirements, 3 attacks, 0 faults\n')

    def test_document_names_function_and_test(self):
        text = self.document()
        self.assertIn('## RFC 1: The first', text)
        self.assertIn('| rfc1#1 | 1 | MUST | One is one. | `add_one` base/a.c '
                      '| `one_is_one` base/a_test.c |', text)
        self.assertIn('| Two \\| are two. | `add_two` base/a.c '
                      '| `two_are_two` base/a_test.c |', text)
        self.assertIn('| rfc1#4 | 2 | MUST NOT | Three. | three comes after two |', text)
        self.assertIn('| rfc1#5 | 3 | MUST | Four. | five is better | `five` base/a.c |', text)
        self.assertIn('| A1 | a short thing | `attack_a1_short_things_change_nothing` attacks/a_test.c<br>'
                      '`one_is_one` base/a_test.c |', text)
        self.assertIn('| B2 | a long thing | not built |', text)

    def test_mark_above_table_macro_or_type_names_it(self):
        self.put('src/base/b.c', '/* A file. */\n\n/* [rfc1#1] */\n#define EDGE(x) ((x) + 1)\n\n'
                 'int z(int a)\n{\n    return a;\n}\n'
                 '/* [rfc1#1] */\nstatic const int edges[2] = {\n    1, 2,\n};\n'
                 'struct edge {\n    int a; /* [rfc1#1] */\n};\n')
        self.write()
        for name in ('`EDGE` base/b.c', '`edges` base/b.c', '`edge` base/b.c'):
            self.assertIn(name, self.document())
        self.assertNotIn('`z`', self.document())

    def test_mark_above_function_made_by_macro_names_it(self):
        self.put('tests/base/c_test.c', '/* Tests. */\n#include "h.h"\n\n/* [rfc1#1] */\n'
                 'SCRIPT_TEST(three_is_three) {\n    go(s);\n}\n')
        self.write()
        self.assertIn('`three_is_three` base/c_test.c', self.document())

    def test_mark_above_declaration_in_header_names_it(self):
        self.put('include/dobos/a.h', '/* A header. */\n#ifdef __cplusplus\nextern "C" {\n#endif\n'
                 '/* [rfc1#1] */\nint dobos_one(int a);\n#ifdef __cplusplus\n}\n#endif\n')
        self.write()
        self.assertIn('`dobos_one` dobos/a.h', self.document())

    def test_mark_in_script_names_its_function_or_the_file(self):
        self.put('tests/os/a_test.sh', '# [rfc1#1]\nfirst() {\n    :\n}\n# [rfc1#2]\nfirst\n')
        self.write()
        self.assertIn('`first` os/a_test.sh', self.document())
        self.assertIn('`two_are_two` base/a_test.c<br>os/a_test.sh |', self.document())

    def test_mark_above_scenario_names_it(self):
        self.put('tests/scenarios/a.txt', '# A file.\n\n# [rfc1#1]\nscenario: one is one\n    at 1s\n')
        self.write()
        self.assertIn('`one is one` scenarios/a.txt', self.document())

    def test_marks_in_tests_of_checks_are_none(self):
        self.put('tests/checks/x_test.py', '# [rfc1#77]\n')
        self.assertEqual(self.check()[0], 0)

    def test_mark_without_requirement_fails(self):
        self.change('src/base/a.c', '[rfc1#1]', '[rfc1#1] [rfc1#9]')
        self.assert_fault('src/base/a.c:8: the mark [rfc1#9] names no requirement')

    def test_requirement_without_function_fails(self):
        self.change('src/base/a.c', '[rfc1#1]', '')
        self.assert_fault('rfc1#1 has no function')

    def test_requirement_without_test_fails(self):
        self.change('tests/base/a_test.c', '[rfc1#2]', '')
        self.assert_fault('rfc1#2 has no test')

    def test_deviation_without_its_line_fails(self):
        self.change('src/base/a.c', 'DEVIATION:', 'Deviation')
        self.assert_fault('rfc1#5 is a deviation, but no DEVIATION: line')

    def test_deviation_in_opening_comment_names_the_file(self):
        self.change('src/base/a.c', 'DEVIATION:', 'Deviation')
        self.change('src/base/a.c', '[rfc1#5]', '')
        self.change('src/base/a.c', ' * A file.', ' * A file.\n *\n * DEVIATION: [rfc1#5] five.\n *')
        self.write()
        self.assertEqual(self.check()[0], 0)
        self.assertIn('| five is better | base/a.c |', self.document())

    def test_put_off_requirement_with_function_and_test_fails(self):
        self.change('src/base/a.c', '[rfc1#1]', '[rfc1#1] [rfc1#4]')
        self.change('tests/base/a_test.c', '[rfc1#1]', '[rfc1#1] [rfc1#4]')
        self.assert_fault('rfc1#4 is put off, but function and test bear its mark')

    def test_stale_document_fails(self):
        self.change('docs/requirements/rfc1.tsv', 'One is one.', 'One is one still.')
        status, out = self.check()
        self.assertEqual(status, 1)
        self.assertIn('docs/conformance.md: out of date', out)

    def test_missing_document_fails(self):
        (self.root / 'docs/conformance.md').unlink()
        self.assertIn('docs/conformance.md: out of date', self.check()[1])

    def test_attack_without_test_fails(self):
        self.change('tests/base/a_test.c', '[attack:E3]', '')
        self.assert_fault('the attack E3 has no test')

    def test_attack_without_test_beside_a_witness_fails(self):
        for row, status in (('A1', 1), ('C12', 1), ('H3', 1), ('G6', 1), ('E3', 0), ('G7', 0)):
            with self.subTest(row=row):
                self.setUp()
                for name in ('tests/base/a_test.c', 'tests/attacks/a_test.c'):
                    self.change(name, '[attack:A1]', '')
                self.change('docs/requirements/attacks.tsv', 'A1\t', row + '\t')
                if row == 'E3':
                    self.change('docs/requirements/attacks.tsv', 'E3\ta third thing\t\n', '')
                else:
                    self.change('tests/base/a_test.c', '[attack:E3]', f'[attack:E3] [attack:{row}]')
                self.write()
                found, out = self.check()
                self.assertEqual(found, status, out)
                if status:
                    self.assertIn(f'the attack {row} has no test attack_{row.lower()}_… in '
                                  'tests/attacks/, beside a witness connection', out)

    def test_attack_beside_a_witness_not_named_after_its_row_fails(self):
        self.change('tests/attacks/a_test.c', 'attack_a1_short', 'attack_a11_short')
        self.assert_fault('attack_a11_short_things_change_nothing bears the mark of the attack A1, '
                          'but its name does not begin with attack_a1_')

    def test_mark_of_unknown_attack_fails(self):
        self.change('tests/base/a_test.c', '[attack:A1]', '[attack:A1] [attack:Z1]')
        self.assert_fault('the mark [attack:Z1] names no attack')

    def test_put_off_attack_with_test_fails(self):
        self.change('tests/base/a_test.c', '[attack:A1]', '[attack:A1] [attack:B2]')
        self.assert_fault('the attack B2 is put off, but a test bears its mark')

    def test_attack_in_fuzz_target_counts_and_requirement_does_not(self):
        self.change('tests/base/a_test.c', '[attack:E3]', '')
        self.put('fuzz/a_fuzz.c', '/* A target. */\n\n/* [attack:E3] */\nint fuzz(void)\n{\n'
                 '    return 0;\n}\n')
        self.write()
        self.assertEqual(self.check()[0], 0)
        self.change('fuzz/a_fuzz.c', '[attack:E3]', '[attack:E3] [rfc1#1]')
        self.assert_fault('a fuzz target bears marks of attacks only')

    def test_mark_in_other_form_fails(self):
        self.change('src/base/a.c', '[rfc1#1]', '[rfc1#1] (rfc1#2)')
        self.assert_fault('"rfc1#2" is not of the form')

    def test_mark_outside_comment_fails(self):
        self.change('src/base/a.c', 'return 5;', 'return say("[rfc1#1]");')
        self.assert_fault('does not stand in a comment')

    def test_mark_in_opening_comment_fails(self):
        self.change('src/base/a.c', 'RFC 1 sections', 'RFC 1 [rfc1#1] sections')
        self.assert_fault('stands in the opening comment of the file')

    def test_mark_after_the_last_function_fails(self):
        self.change('src/base/a.c', '    return 5;\n}\n', '    return 5;\n}\n/* [rfc1#1] */\n')
        self.assert_fault('no function follows the mark [rfc1#1]')

    def test_malformed_tables_fail(self):
        for old, new, fault in (
                ('id\tsection', 'id\tpart', 'the first line is not the columns'),
                ('One is one.\t', 'One is one.', '4 columns instead of 5'),
                ('rfc1#4', 'rfc1#2', 'does not count on from rfc1#2'),
                ('rfc1#4', 'rfc2#4', 'is not of the form rfc1#K'),
                ('MUST NOT', 'MUSTN\'T', 'the level MUSTN\'T is none of'),
                ('One is one.', '', 'has no section or no requirement'),
                ('later: three', 'some day: three', 'the status is neither empty'),
                ('later: three comes after two', 'later: ', 'the status is neither empty')):
            with self.subTest(fault=fault):
                self.put('docs/requirements/rfc1.tsv', TABLE)
                self.change('docs/requirements/rfc1.tsv', old, new)
                self.assert_fault(fault)

    def test_attack_listed_twice_fails(self):
        self.change('docs/requirements/attacks.tsv', 'B2\t', 'A1\t')
        self.assert_fault('A1 stands there twice')

    def test_tree_without_tables_fails(self):
        for path in (self.root / 'docs/requirements').glob('rfc*'):
            path.unlink()
        self.assert_fault('no requirement found')

    def test_document_is_the_same_twice(self):
        before = self.document()
        self.write()
        self.assertEqual(self.document(), before)


if __name__ == '__main__':
    sys.exit(unittest.main())
