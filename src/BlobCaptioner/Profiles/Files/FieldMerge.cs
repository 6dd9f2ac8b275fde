namespace BlobCaptioner.Profiles.Files;

/// <summary>A file's fields put onto those that the profile had: same names change, new ones come last, <c>remove</c> takes away.</summary>
internal sealed class FieldMerge(ValueTree values, Action<string, string> problem)
{
    /// <summary>The fields after the change.</summary>
    public IReadOnlyList<ProfileField> Merge(IReadOnlyList<ProfileField> before, IReadOnlyList<FieldDocument> changes)
    {
        var fields = before.ToList();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < changes.Count; i++)
        {
            var (change, path) = (changes[i], $"$.fields[{i}]");
            if (!names.TryAdd(change.Name, i))
            {
                problem($"{path}.name", $"'{change.Name}' is the name of $.fields[{names[change.Name]}] too; rename one");
                continue;
            }

            var place = fields.FindIndex(f => string.Equals(f.Name, change.Name, StringComparison.Ordinal));
            if (change.Remove == true)
            {
                if (place < 0)
                {
                    problem($"{path}.remove", $"there is no field '{change.Name}' to remove; there are {string.Join(", ", before.Select(f => f.Name))}");
                    continue;
                }

                fields.RemoveAt(place);
            }
            else if (place >= 0)
            {
                fields[place] = Change(fields[place], change, path);
            }
            else if (change.Kind is null)
            {
                problem(path, $"'kind' is missing; give a new field one of {string.Join(", ", FieldWords.Kinds.Keys)}"
                    + (before.Count > 0 ? $", or change one of the fields {string.Join(", ", before.Select(f => f.Name))}" : ""));
            }
            else
            {
                var kind = FieldWords.Kinds[change.Kind];
                IReadOnlyList<Evidence> evidence = FieldWords.IsNeverSeen(change.Name) ? [Evidence.Read] : [Evidence.Seen];
                fields.Add(Change(new() { Name = change.Name, Kind = kind, IsAttribute = !IsText(kind), Evidence = evidence }, change, path));
            }
        }

        return fields;
    }

    private static bool IsText(FieldKind kind) => kind is FieldKind.Text or FieldKind.TextList;

    private ProfileField Change(ProfileField field, FieldDocument change, string path)
    {
        var kind = change.Kind is { } word ? FieldWords.Kinds[word] : field.Kind;
        var max = change.MaxCharacters ?? field.MaxCharacters;
        var mostItems = change.MaxItems ?? Math.Max(field.MaxItems, change.MinItems ?? 0);
        var isChoice = kind is FieldKind.Choice or FieldKind.Choices;
        return field with
        {
            Kind = kind,
            IsAttribute = change.Attribute ?? (kind == field.Kind ? field.IsAttribute : !IsText(kind)),
            Instruction = change.Instruction ?? field.Instruction,
            Comment = change.Comment ?? field.Comment,
            MaxCharacters = max,

            // limits that were inherited give way to those that the file says
            AdvisedCharacters = change.AdvisedCharacters ?? (field.AdvisedCharacters > max ? null : field.AdvisedCharacters),
            MaxItems = mostItems,
            MinItems = change.MinItems ?? Math.Min(field.MinItems, mostItems),
            Values = change.Values is { } given ? values.Read(given, $"{path}.values") : isChoice ? field.Values : [],
            Evidence = change.Evidence is { } evidence ? [.. evidence.Select(e => e == "read" ? Evidence.Read : Evidence.Seen)] : field.Evidence,
            AllowUnknown = change.AllowUnknown ?? field.AllowUnknown,
            PerView = change.PerView ?? field.PerView,
        };
    }
}
