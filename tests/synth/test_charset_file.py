from ppocr_lite.charset import Charset


def test_english_charset_has_ascii_space_last_and_no_duplicates():
    characters = Charset.load("en_printable.txt").characters
    assert {chr(i) for i in range(0x20, 0x7F)} <= set(characters)
    assert set("‘’“”–—•…£€¥©®™°±×÷§½éèçñöüäßøµ✓") <= set(characters)
    assert characters[-1] == " "
    assert len(set(characters)) == len(characters) == 149


def test_the_charset_with_columns_is_the_other_and_the_tab():
    assert Charset.load("en_columns.txt").characters == (*Charset.load("en_printable.txt").characters, "\t")
