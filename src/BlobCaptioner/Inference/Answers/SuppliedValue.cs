using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Answers;

/// <summary>
/// A value that the catalogue gave: it stands as it is. Where a look at the picture can tell, the model's own view is taken on the way, and a contradiction flagged.
/// </summary>
internal sealed class SuppliedValue(PlanField field, string supplied)
{
    private static readonly char[] Separators = [';', '/', '|'];

    public IEnumerable<PlanAsk> Write(SectionWriter writer, bool isLast)
    {
        IReadOnlyList<string> values = field.IsList ? Split() : [supplied.Trim()];
        if (field.IsChosen)
        {
            var mapped = values.Select(Find).ToArray();
            if (mapped.Contains(-1))
            {
                writer.AddFlag(field, "not-in-list");
            }

            values = [.. values.Select((v, i) => mapped[i] < 0 ? v : field.Options[mapped[i]]).Distinct(StringComparer.Ordinal)];
            return field.IsVisible && mapped[0] >= 0 ? WriteSeen(writer, values, mapped, isLast) : WriteLiteral(writer, values);
        }

        var cut = values.Select(v => v[..TextLimit.Cut(v, field.Field.MaxCharacters)]).ToArray();
        if (!cut.SequenceEqual(values, StringComparer.Ordinal))
        {
            writer.AddFlag(field, "cut");
        }

        return WriteLiteral(writer, cut);
    }

    private PlanAsk[] WriteLiteral(SectionWriter writer, IReadOnlyList<string> values)
    {
        writer.Open(field.EscapedName, field.IsList ? "[" : "");
        writer.AddLiteral(string.Join(',', values.Select(v => $"\"{DecodingPlan.Escape(v)}\"")), field.IsList ? "]" : "");
        writer.Add(field, values, Evidence.Supplied, confidence: null);
        return [];
    }

    private IEnumerable<PlanAsk> WriteSeen(SectionWriter writer, IReadOnlyList<string> values, int[] mapped, bool isLast)
    {
        writer.Open(field.EscapedName, field.IsList ? "[\"" : "\"");
        // The one that the way leads to; the others, which a model may see first just as well, contradict nothing.
        var walk = writer.Choose(field, isEvidence: false, "\"", isForced: v => mapped.Contains(v));
        yield return walk;
        writer.Close(walk);
        if (walk.IsConflict)
        {
            writer.AddFlag(field, "conflict");
        }

        if (field.IsList)
        {
            var rest = values.Where(v => v != field.Options[walk.Option]).Select(v => $",\"{DecodingPlan.Escape(v)}\"");
            writer.AddLiteral(string.Concat(rest), "]");
        }

        writer.Add(field, values, Evidence.Supplied, confidence: null);
    }

    private int Find(string value)
    {
        for (var i = 0; i < field.Options.Count; i++)
        {
            if (i != field.UnknownOption && string.Equals(field.Options[i], value, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private string[] Split()
    {
        var items = supplied.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return items.Length == 0 ? [supplied.Trim()] : items;
    }
}
