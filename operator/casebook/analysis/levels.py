"""How bad a log line says that it is: by the word, number or sign that loggers of many languages write for it.

Every level is one of DEBUG, INFO, WARN, ERROR, FATAL, or empty where a line says none.
"""

import re

_SAME = {
    "DEBUG": "TRACE VERBOSE DBG VRB TRC FINE FINER FINEST D D1 D2 D3 D4 D5",
    "INFO": "INFORMATION INFORMATIONAL NOTICE INF I CONFIG",
    "WARN": "WARNING WRN W",
    "ERROR": "ERR EROR SEVERE FAIL FAILURE E",
    "FATAL": "CRIT CRITICAL PANIC DPANIC EMERG EMERGENCY ALERT FTL F",
}
_LEVELS = {word: level for level, words in _SAME.items() for word in (level, *words.split())}
_NUMERIC = {10: "DEBUG", 20: "INFO", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
"""As bunyan and pino number them."""
_SYSLOG = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")
"""Severities 0 to 7 of RFC 5424; GELF has the same."""
_TIME = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{1,2}:\d\d(?::\d\d)?(?:[AP]M)?"
_LEAD = re.compile(
    rf"^(?:<\d{{1,3}}>)?[\[(]?(?:{_TIME})[.,\d]*(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?[\])]?[\s|:-]*"
    r"(?:[\w.-]+ [\w./-]+\[\d+\]: )?(?:[\w./-]+\.\w{1,4}:\d+: )?"
)
"""What stands before the level: a syslog priority, a time, the host and program of syslog, a place in the source."""
_WORDS = "trace|debug|dbg|info|inf|notice|warn|warning|wrn|error|err|fatal|ftl|panic|crit|critical|severe|emerg|alert"
_FIRST = re.compile(rf"^[\[(<|]?({_WORDS})[\])>|]?(?=[:\s\]|]|$)", re.IGNORECASE)
_LETTER = re.compile(r"^([FEWID])\d? +[A-Z]{3,}\b")
"""The severity and component of MongoDB before 4.4."""
_REDIS = re.compile(r"^\d+:[MSCX] \d\d [A-Z][a-z]{2} \d{4} [\d:.]+ ([-.*#]) ")
_REDIS_SIGNS = {".": "DEBUG", "-": "INFO", "*": "INFO", "#": "WARN"}
_PRIORITY = re.compile(r"^<(\d{1,3})>")
_ANYWHERE = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|PANIC|SEVERE|EMERG|ALERT)\b|"
    r"\[(trace|debug|info|notice|warn|warning|error|crit|critical|alert|emerg|fatal|Error|Warning|Fatal)\]|"
    r"^(debug|info|warn|warning|error|fatal|panic|fail|crit)(?=:|\b\s)|"
    r"(?:^|\t)(debug|info|warn|error|dpanic|panic|fatal)\t|\b(Fatal) error:",
)
_BEGINNING = 120
"""Characters of a plain line in which its level stands, if it has one."""


def of_word(word: str) -> str:
    """The level of a word or letter, whatever its case."""
    return _LEVELS.get(word.strip().upper(), "")


def of_value(value: object) -> str:
    """The level that a structured line gives, as a word or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _SYSLOG[value] if 0 <= value < len(_SYSLOG) else _NUMERIC.get(value, "")
    return of_word(value) if isinstance(value, str) else ""


def of_line(line: str) -> str:
    """The level of a plain line: what stands where loggers write it, else the first word that is a level."""
    line = line[:_BEGINNING]
    lead = _LEAD.match(line)
    if lead:
        rest = line[lead.end() :]
        first = _FIRST.match(rest) or _LETTER.match(rest)
        if first:
            return of_word(first[1])
    sign = _REDIS.match(line)
    if sign:
        return _REDIS_SIGNS[sign[1]]
    found = _ANYWHERE.search(line)
    if found:
        return of_word(next(filter(None, found.groups())))
    priority = _PRIORITY.match(line)
    return _SYSLOG[int(priority[1]) % len(_SYSLOG)] if priority else ""
