"""The renderers: a result in, the bytes of one report out. No verdict is made here."""
