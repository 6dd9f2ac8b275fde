using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Text;

namespace BlobCaptioner.Remote;

/// <summary>Brings a server's texts into their limits, by the rules of the engine in process, and gathers flags and faults.</summary>
internal sealed class AnswerTexts
{
    private const int MostQuoted = 40;

    private readonly List<string> _flags = [];
    private readonly List<AnswerFault> _faults = [];

    /// <summary>Flags that another request would not change: <c>title-cut</c>.</summary>
    public IReadOnlyList<string> Flags => _flags;

    /// <summary>Faults that are worth another request.</summary>
    public IReadOnlyList<AnswerFault> Faults => _faults;

    /// <summary>One text, or one item of a list.</summary>
    public string Settle(string raw, AskedField field, AskedSection section)
    {
        var name = section.FlagName(field);
        var text = TextRules.Clean(raw, field.Field);
        if (Repetition.Find(text) is var repeated and >= 0)
        {
            text = text[..repeated].TrimEnd();
            AddFault($"{name}-loop", $"The text '{name}' says the same again and again.");
        }

        var kept = TextLimit.Cut(text, field.Field.MaxCharacters);
        if (kept < text.Length)
        {
            AddFlag($"{name}-cut");
            text = text[..kept];
        }

        if (section.Rules.Banned.TryFind(text, out var banned))
        {
            AddFault($"{name}-banned-word", $"The text '{name}' uses a word that must not be used: '{Shorten(text[banned..])}'.");
        }

        if (section.Rules.Echo.IsIn(text))
        {
            AddFault($"{name}-echo", $"The text '{name}' repeats the instructions.");
        }

        if (section.Rules.IsForeign(text, field.Field))
        {
            AddFault($"{name}-wrong-script", $"The text '{name}' is not written in the language '{section.Language}'.");
        }

        return text;
    }

    /// <summary>A list: without empty or repeated items, at most as many as allowed.</summary>
    public IReadOnlyList<string> Settle(IReadOnlyList<string> raw, AskedField field, AskedSection section)
    {
        var name = section.FlagName(field);
        var items = raw.Select(r => field.Field.IsChosen ? r : Settle(r, field, section)).Where(t => t.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (items.Count > field.Field.MaxItems)
        {
            items.RemoveRange(field.Field.MaxItems, items.Count - field.Field.MaxItems);
            AddFlag($"{name}-cut");
        }

        if (!field.Field.IsAttribute && items.Count < field.Field.MinItems)
        {
            AddFault($"{name}-too-few", $"The list '{name}' has {items.Count} different items; it needs {field.Field.MinItems} or more.");
        }

        return items;
    }

    /// <summary>Adds a flag once.</summary>
    public void AddFlag(string flag)
    {
        if (!_flags.Contains(flag, StringComparer.Ordinal))
        {
            _flags.Add(flag);
        }
    }

    private void AddFault(string flag, string sentence)
    {
        if (!_faults.Exists(f => f.Flag == flag))
        {
            _faults.Add(new(flag, sentence));
        }
    }

    private static string Shorten(string text) => text[..TextLimit.Cut(text, MostQuoted)];
}
