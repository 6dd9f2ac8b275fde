namespace BlobCaptioner.Profiles.Files;

/// <summary>Checks that a schema can't express: how a profile's parts fit together.</summary>
internal static class ProfileChecks
{
    private const string FromSuffix = "_from";
    private const int MostFields = 64;

    /// <summary>Checks a profile that a file made.</summary>
    /// <param name="profile">The merged profile.</param>
    /// <param name="document">The file; problems name its paths where it has the field.</param>
    /// <param name="problem">Called for each problem: JSON path, text.</param>
    public static void Check(Profile profile, ProfileDocument document, Action<string, string> problem)
    {
        if (profile.Fields.Count is 0 or > MostFields)
        {
            problem("$.fields", $"the profile has {profile.Fields.Count} fields; it needs 1 to {MostFields}");
            return;
        }

        foreach (var field in profile.Fields)
        {
            var index = document.Fields?.ToList().FindIndex(f => string.Equals(f.Name, field.Name, StringComparison.Ordinal)) ?? -1;
            var path = index >= 0 ? $"$.fields[{index}]" : $"$.fields '{field.Name}' (inherited)";
            Check(profile, field, index >= 0 ? document.Fields![index] : null, (part, what) => problem(path + part, what));
        }

        CheckLanguages(profile, problem);
        if (profile.Avoid.FirstOrDefault(a => profile.Use.Contains(a, StringComparer.OrdinalIgnoreCase)) is { } both)
        {
            problem("$.avoid", $"'{both}' is among the words to use too; remove one");
        }

        if (profile.Avoid.Concat(profile.Use).FirstOrDefault(string.IsNullOrWhiteSpace) is not null)
        {
            problem(profile.Avoid.Any(string.IsNullOrWhiteSpace) ? "$.avoid" : "$.use", "has a blank word; remove it");
        }

        if (profile.Grouping != ProfileGrouping.None && profile.Fields.All(f => f.PerView))
        {
            problem("$.grouping", $"'{FieldWords.Of(profile.Grouping)}' needs a field without perView, for the product; or set it to none");
        }
    }

    private static void Check(Profile profile, ProfileField field, FieldDocument? given, Action<string, string> problem)
    {
        var isChoice = field.Kind is FieldKind.Choice or FieldKind.Choices;
        if (!field.IsAttribute && field.Kind is not (FieldKind.Text or FieldKind.TextList))
        {
            problem(".attribute", $"a {FieldWords.Of(field.Kind)} can't be copy; leave 'attribute' out, or make it a text");
        }

        if (isChoice)
        {
            CheckValues(field, problem);
        }
        else if (field.Values.Count > 0)
        {
            problem(".values", $"a {FieldWords.Of(field.Kind)} has no values; make it a choice or choices, or remove them");
        }

        if (field.AdvisedCharacters > field.MaxCharacters)
        {
            problem(".advisedCharacters", $"'{field.AdvisedCharacters}' is more than maxCharacters, {field.MaxCharacters}");
        }

        if (field.Kind is FieldKind.TextList or FieldKind.Choices && field.MinItems > field.MaxItems)
        {
            problem(".minItems", $"'{field.MinItems}' is more than maxItems, {field.MaxItems}");
        }

        if (field.IsAttribute && field.Evidence.Contains(Evidence.Seen) && FieldWords.IsNeverSeen(field.Name))
        {
            problem(".evidence", $"'seen' is not allowed for '{field.Name}': brands, certifications, sizes, prices and product numbers are read or supplied; write [\"read\"] or []");
        }

        if (!field.IsAttribute && given?.Evidence is not null)
        {
            problem(".evidence", "only attributes have evidence; remove it, or set 'attribute' to true");
        }

        if (field.Name.EndsWith(FromSuffix, StringComparison.Ordinal)
            && profile.Fields.Any(f => f.IsAttribute && string.Equals(f.Name, field.Name[..^FromSuffix.Length], StringComparison.Ordinal)))
        {
            problem(".name", $"'{field.Name}' is the key of the evidence of '{field.Name[..^FromSuffix.Length]}'; rename it");
        }

        if (profile.Languages.Any(l => string.Equals(l.Tag, field.Name, StringComparison.OrdinalIgnoreCase)))
        {
            problem(".name", $"'{field.Name}' is the tag of a language of the profile too; rename it");
        }
    }

    private static void CheckValues(ProfileField field, Action<string, string> problem)
    {
        if (field.Values.Count == 0)
        {
            problem(".values", $"a {FieldWords.Of(field.Kind)} needs at least one value; list them, or name a vocabulary such as @color");
        }
        else if (field.Values.GroupBy(v => v, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            problem(".values", $"'{twice.Key}' is there {twice.Count()} times; remove all but one");
        }
        else if (field.AllowUnknown && field.Values.Contains("unknown", StringComparer.OrdinalIgnoreCase))
        {
            problem(".values", "'unknown' is an answer already; remove it, or set 'allowUnknown' to false");
        }
        else if (field.Kind == FieldKind.Choices && field.MinItems > field.Values.Count)
        {
            problem(".minItems", $"'{field.MinItems}' is more than there are values, {field.Values.Count}");
        }
    }

    private static void CheckLanguages(Profile profile, Action<string, string> problem)
    {
        if (profile.Languages.GroupBy(l => l.Tag, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            problem("$.languages", $"'{twice.Key}' is there {twice.Count()} times; remove all but one");
        }

        var copy = profile.Fields.Where(f => !f.IsAttribute).Select(f => f.Name).ToList();
        for (var i = 0; i < profile.Languages.Count; i++)
        {
            foreach (var name in profile.Languages[i].Fields ?? [])
            {
                if (!copy.Contains(name, StringComparer.Ordinal))
                {
                    problem($"$.languages[{i}].fields", $"'{name}' is not a copy field of the profile; there are {string.Join(", ", copy)}");
                }
            }
        }
    }
}
