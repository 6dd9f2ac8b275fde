using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>A part of what a profile asks for.</summary>
/// <param name="Fields">Names of fields; empty for all.</param>
/// <param name="Languages">Languages of the copy, BCP 47; empty for all. Attributes have none, so naming a language leaves those out that are not named themselves.</param>
public sealed record CopyPart(IReadOnlyList<string> Fields, IReadOnlyList<string> Languages)
{
    /// <summary>The profile that asks for this part only; null where nothing is left of it, or the profile does not know a name.</summary>
    public Profile? Of(Profile profile)
    {
        if (Fields.Any(f => profile.Fields.All(p => p.Name != f)) || Languages.Any(l => profile.Languages.All(p => p.Tag != l)))
        {
            return null;
        }

        var languages = profile.Languages.Where(l => Languages.Count == 0 || Languages.Contains(l.Tag, StringComparer.Ordinal)).ToList();
        var fields = profile.Fields.Where(f => Fields.Count == 0 ? !f.IsAttribute || Languages.Count == 0 : Fields.Contains(f.Name, StringComparer.Ordinal)).ToList();
        return fields.Any(f => f.IsAttribute || languages.Any(l => l.Fields is null || l.Fields.Contains(f.Name, StringComparer.Ordinal)))
            ? profile with { Fields = fields, Languages = languages }
            : null;
    }
}
