namespace KdSim.Debugger.Language;

/// <summary>
/// Takes a line or block apart: <c>;</c> and line ends separate commands outside quotes and braces; flow tokens own the blocks after them.
/// What the commands mean is not known here.
/// </summary>
public sealed class ProgramParser
{
    readonly string _text;
    int _at;
    int _statement;

    ProgramParser(string text) => _text = text;

    public static CommandProgram Parse(string text)
    {
        ProgramParser parser = new(text);
        List<Statement> statements = [];
        while (parser.SkipSeparators())
            statements.Add(parser.Next());
        return new CommandProgram(text, statements);
    }

    char Current => _at < _text.Length ? _text[_at] : '\0';

    bool SkipSeparators()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] == ';'))
            _at++;
        return _at < _text.Length;
    }

    Statement Next()
    {
        int start = _statement = _at;
        if (Current == '*')
            return new Statement.Simple(start, TakeLine());
        if (StartsWith("$<") || StartsWith("$><"))
            return new Statement.Simple(start, TakeLine());
        if (Current == '.')
            switch (Word())
            {
                case ".if": return If(start);
                case ".for": return For(start);
                case ".while": return While(start);
                case ".do": return Do(start);
                case ".foreach": return ForEach(start);
                case ".catch": return new Statement.Catch(start, "", Body(".catch"));
                case ".block": return new Statement.Group(start, "", Body(".block"));
                case ".break": return Leave(start, ".break", LeaveKind.Break);
                case ".continue": return Leave(start, ".continue", LeaveKind.Continue);
                case ".leave": return Leave(start, ".leave", LeaveKind.Leave);
                case ".elsif" or ".else": throw Wrong(start, Word().Length);
                case ".shell": return new Statement.Simple(start, TakeLine());
            }
        if (Current is 'j' or 'J' && Following(1) is ' ' or '(' or '\t')
            return Either(start);
        if (Current is 'z' or 'Z' && Following(1) is '(')
        {
            _at++;
            return new Statement.Again(start, "z", Parenthesis());
        }
        if (IsPlainAlias() || IsFixedAlias() || IsPath())
            return new Statement.Simple(start, TakeLine());
        if (StartsWith("$$") && !StartsWith("$$<") && !StartsWith("$$>"))
            return new Statement.Simple(start, TakeComment());
        return new Statement.Simple(start, TakeCommand());
    }

    char Following(int distance) => _at + distance < _text.Length ? _text[_at + distance] : '\0';

    bool StartsWith(string prefix) => string.CompareOrdinal(_text, _at, prefix, 0, prefix.Length) == 0;

    /// <summary><c>as Name rest of line</c>: without a switch the rest of the line is the text, semicolons too.</summary>
    bool IsPlainAlias()
    {
        if (!StartsWith("as "))
            return false;
        int i = _at + 3;
        while (i < _text.Length && _text[i] == ' ')
            i++;
        return i < _text.Length && _text[i] != '/';
    }

    /// <summary><c>.sympath a;b</c>: semicolons stand between folders.</summary>
    bool IsPath()
    {
        string word = Current == '.' ? Word() : "";
        if (word is not (".sympath" or ".srcpath" or ".exepath"))
            return false;
        int i = _at + word.Length;
        while (i < _text.Length && _text[i] is ' ' or '\t' or '+')
            i++;
        return i < _text.Length && _text[i] is not (';' or '\n' or '}');
    }

    /// <summary><c>r $.u3=text</c>: semicolons are part of the text.</summary>
    bool IsFixedAlias()
    {
        if (Current is not ('r' or 'R'))
            return false;
        int i = _at + 1;
        while (i < _text.Length && _text[i] is ' ' or '\t')
            i++;
        return string.CompareOrdinal(_text, i, "$.u", 0, 3) == 0;
    }

    string Word()
    {
        int end = _at + 1;
        while (end < _text.Length && char.IsLetter(_text[end]))
            end++;
        return _text[_at..end].ToLowerInvariant();
    }

    string TakeLine()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] != '\n')
            _at++;
        return _text[start.._at].TrimEnd('\r');
    }

    string TakeComment()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is not (';' or '\n'))
            _at++;
        return _text[start.._at];
    }

    string TakeCommand()
    {
        int start = _at;
        bool quoted = false;
        int depth = 0;
        for (; _at < _text.Length; _at++)
        {
            char c = _text[_at];
            if (c == '\\' && quoted && Following(1) is '"' or '\\')
                _at++;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is '{' or '}')
                depth += c == '{' ? 1 : -1;
            else if (!quoted && depth <= 0 && c is ';' or '\n' && !quoted)
                break;
        }
        return _text[start..Math.Min(_at, _text.Length)].TrimEnd();
    }

    CommandSyntaxException Wrong(int start, int consumed)
    {
        string line = _text[_statement..];
        int end = line.IndexOf('\n');
        return new CommandSyntaxException("Syntax", start + consumed, end < 0 ? line : line[..end]);
    }

    /// <summary>The text between a parenthesis and its partner.</summary>
    string Parenthesis()
    {
        SkipBlanks();
        return Enclosed('(', ')');
    }

    void SkipBlanks()
    {
        while (char.IsWhiteSpace(Current))
            _at++;
    }

    string Enclosed(char open, char close)
    {
        if (Current != open)
            throw Wrong(_at < _text.Length ? _at : 0, 1);
        int start = _at;
        int depth = 0;
        bool quoted = false;
        for (; _at < _text.Length; _at++)
        {
            char c = _text[_at];
            if (c == '\\' && quoted)
                _at++;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c == open)
                depth++;
            else if (!quoted && c == close && --depth == 0)
                return _text[(start + 1)..(_at++)];
        }
        throw Wrong(start, _text.Length - start);
    }

    /// <summary>The block after a flow token; line ends and semicolons before its brace do not matter (scripts write it on a line of its own).</summary>
    string BlockText()
    {
        SkipSeparators();
        return Enclosed('{', '}');
    }

    string Body(string word)
    {
        _at += word.Length;
        return BlockText();
    }

    /// <summary>A condition: everything up to the brace of the block.</summary>
    string Condition(int statement)
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] != '{')
            _at++;
        if (_at >= _text.Length)
            throw Wrong(statement, _text.Length - statement);
        return _text[start.._at].Trim().TrimEnd(';').Trim();
    }

    Statement Leave(int start, string word, LeaveKind kind)
    {
        _at += word.Length;
        return new Statement.Leave(start, word, kind);
    }

    Statement If(int start)
    {
        List<(string, string)> arms = [];
        _at += 3;
        ParseArm(arms, start);
        string? otherwise = null;
        while (true)
        {
            int before = _at;
            if (!SkipSeparators() || Current != '.')
            {
                _at = before;
                break;
            }
            string word = Word();
            if (word == ".elsif")
            {
                _at += word.Length;
                ParseArm(arms, start);
                continue;
            }
            if (word == ".else")
                otherwise = Body(word);
            else
                _at = before;
            break;
        }
        return new Statement.If(start, _text[start.._at], arms, otherwise);
    }

    /// <summary>Condition and block; <c>.if (c) .break</c> may stand without braces.</summary>
    void ParseArm(List<(string, string)> arms, int statement)
    {
        SkipBlanks();
        if (Current == '(')
        {
            int before = _at;
            string inner = Enclosed('(', ')');
            SkipBlanks();
            if (Current == '.' && Word() is ".break" or ".continue" or ".leave")
            {
                string word = Word();
                _at += word.Length;
                arms.Add((inner, word));
                return;
            }
            _at = before;
        }
        string condition = Condition(statement);
        arms.Add((condition, BlockText()));
    }

    Statement For(int start)
    {
        _at += 4;
        string[] parts = Parenthesis().Split(';', 3);
        if (parts.Length < 3)
            throw Wrong(start, _at - start);
        return new Statement.For(start, _text[start.._at], parts[0].Trim(), parts[1].Trim(), parts[2].Trim(), BlockText());
    }

    Statement While(int start)
    {
        _at += 6;
        string condition = Condition(start);
        return new Statement.While(start, _text[start.._at], condition, BlockText(), false);
    }

    Statement Do(int start)
    {
        string block = Body(".do");
        string condition = Parenthesis();
        return new Statement.While(start, _text[start.._at], condition, block, true);
    }

    Statement ForEach(int start)
    {
        _at += 8;
        char source = 'c';
        string first = "0", each = "0";
        SkipBlanks();
        while (Current == '/')
        {
            string option = Blankless();
            SkipBlanks();
            if (option == "/pS")
                first = Blankless();
            else if (option == "/ps")
                each = Blankless();
            else if (option is "/s" or "/f")
                source = option[1];
            else
                throw Wrong(start, _at - start);
            SkipBlanks();
        }
        string head = Parenthesis().Trim();
        int blank = head.IndexOf(' ');
        if (blank < 0)
            throw Wrong(start, _at - start);
        string input = head[blank..].Trim();
        if (source == 'c')
            input = input.Length > 1 && input[0] == '{' && input[^1] == '}' ? input[1..^1] : throw Wrong(start, _at - start);
        else
            input = input.Trim('"');
        return new Statement.ForEach(start, _text[start.._at], source, head[..blank], input, BlockText(), first, each);
    }

    string Blankless()
    {
        int start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]))
            _at++;
        return _text[start.._at];
    }

    /// <summary><c>j expr 'one' ; 'two'</c>: each command may be quoted or bare, and missing; what follows the second is ignored.</summary>
    Statement Either(int start)
    {
        _at++;
        SkipBlanks();
        string condition = EitherCondition();
        string then = EitherCommand(start);
        SkipBlanks();
        string otherwise = "";
        if (Current == ';')
        {
            _at++;
            otherwise = EitherCommand(start);
        }
        TakeLine();
        return new Statement.Either(start, "j", condition, then, otherwise);
    }

    /// <summary>Up to the quote of the first command; before a bare one the condition is a parenthesis or has no blanks.</summary>
    string EitherCondition()
    {
        int begin = _at, depth = 0;
        for (int i = _at; i < _text.Length && _text[i] != '\n'; i++)
        {
            char c = _text[i];
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth > 0 || c is not ('\'' or ';'))
                continue;
            if (c == ';' && _text[begin..i].TrimEnd().Length != 0 && (Current == '(' ? EndOfParenthesis() : EndOfWord()) is int end && end < i)
                i = end;
            _at = i;
            return _text[begin..i].Trim();
        }
        _at = Current == '(' ? EndOfParenthesis() : EndOfWord();
        return _text[begin.._at].Trim();
    }

    int EndOfWord()
    {
        int end = _at;
        while (end < _text.Length && !char.IsWhiteSpace(_text[end]) && _text[end] != ';')
            end++;
        return end;
    }

    int EndOfParenthesis()
    {
        int before = _at;
        Enclosed('(', ')');
        int end = _at;
        _at = before;
        return end;
    }

    string EitherCommand(int start)
    {
        while (Current is ' ' or '\t')
            _at++;
        if (Current == '\'')
            return Quoted(start);
        int begin = _at;
        while (_at < _text.Length && _text[_at] is not (';' or '\n'))
            _at++;
        return _text[begin.._at].Trim();
    }

    string Quoted(int start)
    {
        int line = _text.IndexOf('\n', _at), end = _text.IndexOf('\'', _at + 1);
        line = line < 0 ? _text.Length : line;
        // The last quote of a line may be missing; a stray one is no command.
        if (end < 0 || end > line)
            end = _at + 1 < line ? line : throw Wrong(start, _at - start);
        string text = _text[(_at + 1)..end];
        _at = Math.Min(end + 1, _text.Length);
        return text;
    }
}
