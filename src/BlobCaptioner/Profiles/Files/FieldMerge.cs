namespace BlobCaptioner.Profiles.Files;

/// <summary>Merges a file's fields into a profile's: those of the same name change, new ones come last, <c>remove</c> removes.</summary>
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
            else if (change.Kind is not { } kind)
            {
                problem(path, $"'kind' is missing; give a new field one of {string.Join(", ", Enum.GetValues<FieldKind>().Select(FieldWords.Of))}"
                    + (before.Count > 0 ? $", or change one of the fields {string.Join(", ", before.Select(f => f.Name))}" : ""));
            }
            else
            {
                IReadOnlyList<Evidence> evidence = FieldWords.IsNeverSeen(change.Name) ? [Evidence.Read] : [Evidence.Seen];
                fields.Add(Change(new() { Name = change.Name, Kind = kind, IsAttribute = !IsText(kind), Evidence = evidence }, change, path));
            }
        }

        return fields;
    }

    private static bool IsText(FieldKind kind) => kind is FieldKind.Text or FieldKind.TextList;

    private ProfileField Change(ProfileField field, FieldDocument change, string path)
    {
        var kind = change.Kind ?? field.Kind;
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

            // The file's limits win over inherited ones.
            AdvisedCharacters = change.AdvisedCharacters ?? (field.AdvisedCharacters > max ? null : field.AdvisedCharacters),
            MaxItems = mostItems,
            MinItems = change.MinItems ?? Math.Min(field.MinItems, mostItems),
            Values = change.Values is { } given ? values.Read(given, $"{path}.values") : isChoice ? field.Values : [],
            Evidence = change.Evidence ?? field.Evidence,
            AllowUnknown = change.AllowUnknown ?? field.AllowUnknown,
            PerView = change.PerView ?? field.PerView,
        };
    }
}
