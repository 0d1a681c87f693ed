#!/usr/bin/env python3
"""The layer checker finds what it is there to find."""
import pathlib
import tempfile
import unittest

import check_layers


class CheckLayersTest(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return check_layers.check_tree(pathlib.Path(root))

    def test_downward_include_is_accepted(self):
        self.assertEqual([], self.problems({"merkle/tile.c": '#include "base/bytes.h"\n'}))

    def test_upward_include_is_found(self):
        self.assertEqual(1, len(self.problems({"base/text.c": '#include "merkle/hash.h"\n'})))

    def test_client_including_server_is_found(self):
        self.assertEqual(1, len(self.problems({"client/main.c": '#include "server/tlog/tlog.h"\n'})))

    def test_foreign_header_outside_its_owner_is_found(self):
        self.assertEqual(1, len(self.problems({"server/tlog/tlog.c": "#include <leveldb/c.h>\n"})))

    def test_foreign_header_in_its_owner_is_accepted(self):
        self.assertEqual([], self.problems({"base/database/database.cc": "#include <leveldb/db.h>\n"}))

    def test_fsck_sharing_source_with_the_log_is_found(self):
        self.assertEqual(1, len(self.problems({"tools/fsck/tree.c": '#include "merkle/hash.h"\n'})))

    def test_include_relative_to_a_folder_is_found(self):
        self.assertEqual(1, len(self.problems({"merkle/tile.c": '#include "tile.h"\n'})))


if __name__ == "__main__":
    unittest.main()
