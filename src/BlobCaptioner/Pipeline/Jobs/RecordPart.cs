using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>A part of a record that is written anew, while what was not asked for stays, with its flags.</summary>
/// <param name="Whole">The record that lies there.</param>
/// <param name="Asked">The profile that asks for the part.</param>
internal sealed record RecordPart(CaptionRecord Whole, Profile Asked)
{
    /// <summary>The part that a job asks for; null where all of the record is to be written, also where another one lies there than the part was asked for.</summary>
    public static RecordPart? Of(CaptionJob job, Assignment assignment, StoredRecord? present) =>
        present?.Record is { Status: RecordStatus.Described } whole && whole.Profile.Version == assignment.Version && job.Part?.Of(assignment.Profile) is { } asked
            ? new(whole, asked)
            : null;

    /// <summary>The record with the part in it.</summary>
    /// <param name="part">What was written, with the receipt of that.</param>
    public CaptionRecord Merge(CaptionRecord part)
    {
        // With one language flags have no tag, which among several they need.
        var prefix = Asked.Languages.Count == 1 && Whole.Profile.Languages is { Count: > 1 } ? Asked.Language + "." : "";
        var flags = part.Flags.Select(f => part.Attributes.ContainsKey(FieldOf(f)) || f.Contains('.', StringComparison.Ordinal) ? f : prefix + f);
        var attributes = new Dictionary<string, RecordAttribute>(Whole.Attributes, StringComparer.Ordinal);
        foreach (var (name, value) in part.Attributes)
        {
            attributes[name] = value;
        }

        return part with
        {
            Copy = RecordCopy.Merge(Whole.Copy, part.Copy),
            Attributes = attributes,
            Flags = [.. Whole.Flags.Where(f => !IsRewritten(f)), .. flags],
            Facts = Whole.Facts,
            Profile = Whole.Profile,
        };
    }

    private bool IsRewritten(string flag)
    {
        var field = FieldOf(flag);
        var dot = flag.IndexOf('.', StringComparison.Ordinal);
        return Asked.Fields.Any(f => f.Name == field) && (dot < 0 || Asked.Languages.Any(l => l.Tag == flag[..dot]));
    }

    // "de.title-cut", "color-low-confidence": names of fields have no hyphen, but tags of languages may.
    private static string FieldOf(string flag)
    {
        var name = flag.AsSpan(flag.IndexOf('.', StringComparison.Ordinal) + 1);
        return name[..(name.IndexOf('-') is var end and >= 0 ? end : name.Length)].ToString();
    }
}
