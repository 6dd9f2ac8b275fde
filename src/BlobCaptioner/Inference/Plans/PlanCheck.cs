using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>What a profile must be for a plan to exist. Profile files are checked with more words when they are read.</summary>
internal static class PlanCheck
{
    /// <exception cref="ArgumentException">The profile breaks a rule.</exception>
    public static void Require(Profile profile)
    {
        Require(profile.Fields.Count > 0, profile, $"Profile '{profile.Name}' has no field. Give it at least one.");
        var twice = profile.Fields.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        Require(twice is null, profile, $"Profile '{profile.Name}' has {twice?.Count()} fields named '{twice?.Key}'. Rename all but one.");
        Require(
            profile.Languages.Count > 0 && profile.Languages.DistinctBy(l => l.Tag, StringComparer.OrdinalIgnoreCase).Count() == profile.Languages.Count,
            profile,
            $"Profile '{profile.Name}' needs one or more languages, all different; it has: {string.Join(", ", profile.Languages.Select(l => l.Tag))}.");
        foreach (var field in profile.Fields)
        {
            Require(field, profile);
        }
    }

    private static void Require(ProfileField field, Profile profile)
    {
        Require(
            field.Kind is not (FieldKind.Choice or FieldKind.Choices)
            || (field.Values.Count > 0 && field.Values.Distinct(StringComparer.Ordinal).Count() == field.Values.Count),
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' needs one or more values, all different; it has: {string.Join(", ", field.Values)}.");
        Require(
            field.Kind is not (FieldKind.Text or FieldKind.TextList or FieldKind.Number) || field.MaxCharacters is >= 1 and <= 10_000,
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' allows {field.MaxCharacters} characters; the range is 1 to 10,000.");
        Require(
            field.Kind is not (FieldKind.TextList or FieldKind.Choices) || (field.MaxItems is >= 1 and <= 100 && field.MinItems >= 0 && field.MinItems <= field.MaxItems),
            profile,
            $"Field '{field.Name}' of profile '{profile.Name}' has {field.MinItems} to {field.MaxItems} items; the range is 0 to 100, the smaller number first.");
    }

    private static void Require(bool isMet, Profile profile, string message)
    {
        if (!isMet)
        {
            throw new ArgumentException(message, nameof(profile));
        }
    }
}
