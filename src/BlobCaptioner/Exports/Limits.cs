using BlobCaptioner.Text;

namespace BlobCaptioner.Exports;

/// <summary>Cuts texts to an importer's limits: a person's edit or a catalogue may be longer than the profile allows.</summary>
/// <param name="tally">Counts each cut as <c>NAME-cut</c>.</param>
internal sealed class Limits(ExportTally tally)
{
    /// <summary>The text, cut after its last sentence or word that fits.</summary>
    /// <param name="text">The text; null stays null.</param>
    /// <param name="characters">Most characters (Unicode scalar values).</param>
    /// <param name="name">The field's name in warnings.</param>
    public string? Cut(string? text, int characters, string name)
    {
        if (text is null || text.Length <= characters)
        {
            return text;
        }

        var kept = TextLimit.Cut(text, characters);
        if (kept == text.Length)
        {
            return text;
        }

        tally.Warn(name + "-cut");
        return text[..kept];
    }

    /// <summary>Joins the first items that fit; a missing item counts as a cut.</summary>
    /// <param name="items">The items.</param>
    /// <param name="separator">Between two items.</param>
    /// <param name="most">Most items.</param>
    /// <param name="length">Most units of the joined text.</param>
    /// <param name="measure">Units of a text.</param>
    /// <param name="name">The field's name in warnings.</param>
    public string? Join(IReadOnlyList<string> items, string separator, int most, int length, Func<string, int> measure, string name)
    {
        var joined = "";
        foreach (var (i, item) in items.Index())
        {
            var longer = i == 0 ? item : joined + separator + item;
            if (i == most || measure(longer) > length)
            {
                tally.Warn(name + "-cut");
                break;
            }

            joined = longer;
        }

        return joined.Length == 0 ? null : joined;
    }

    /// <summary>The value; a row without it counts as <c>NAME-missing</c>.</summary>
    public string? Need(string? value, string name)
    {
        if (string.IsNullOrEmpty(value))
        {
            tally.Warn(name + "-missing");
        }

        return value;
    }
}
