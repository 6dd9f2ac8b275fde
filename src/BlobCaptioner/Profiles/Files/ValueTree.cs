using System.Text.Json;

namespace BlobCaptioner.Profiles.Files;

/// <summary>Reads value lists and category trees: leaves become paths, <c>Apparel &gt; Shoes &gt; Sneakers</c>.</summary>
internal sealed class ValueTree
{
    private const int MostValues = 10_000;
    private const int MostCharacters = 200;
    private const int MostLevels = 16;
    private const string Separator = " > ";

    private readonly Dictionary<string, JsonElement> _vocabularies = new(BuiltInVocabularies.All, StringComparer.Ordinal);
    private readonly Action<string, string> _problem;

    /// <summary>Creates a reader of trees.</summary>
    /// <param name="own">The file's own vocabularies, which hide built-in ones of the same name; null for none.</param>
    /// <param name="problem">Called for each problem: JSON path, text.</param>
    public ValueTree(IReadOnlyDictionary<string, JsonElement>? own, Action<string, string> problem)
    {
        _problem = problem;
        foreach (var (name, values) in own ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal))
        {
            _vocabularies[name] = values;
        }
    }

    /// <summary>The values of a field, empty where they can't be read.</summary>
    public IReadOnlyList<string> Read(JsonElement values, string path)
    {
        if (values.ValueKind == JsonValueKind.String)
        {
            var name = values.GetString()!;
            if (!name.StartsWith('@') || !_vocabularies.TryGetValue(name[1..], out var vocabulary) || vocabulary.ValueKind == JsonValueKind.String)
            {
                _problem(path, $"'{Cut(name)}' is not one of {string.Join(", ", _vocabularies.Keys.Select(k => "@" + k))}; give a vocabulary of this file, or a list of values");
                return [];
            }

            values = vocabulary;
        }

        var found = new List<string>();
        Walk(values, "", path, 0, found);
        if (found.Count > MostValues)
        {
            _problem(path, $"more than {MostValues} values; split the field");
            return [];
        }

        return found;
    }

    private static string Cut(string text) => text.Length <= 80 ? text : text[..80] + "...";

    private void Walk(JsonElement node, string above, string path, int level, List<string> found)
    {
        if (found.Count > MostValues)
        {
            return;
        }

        if (level > MostLevels)
        {
            _problem(path, $"deeper than {MostLevels} levels");
            return;
        }

        switch (node.ValueKind)
        {
            case JsonValueKind.String:
                Add(above, node.GetString()!, path, found);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in node.EnumerateArray())
                {
                    Walk(item, above, $"{path}[{index++}]", level + 1, found);
                }

                break;
            case JsonValueKind.Object:
                foreach (var branch in node.EnumerateObject())
                {
                    if (IsEmpty(branch.Value))
                    {
                        Add(above, branch.Name, path, found);
                    }
                    else if (Check(branch.Name, path))
                    {
                        Walk(branch.Value, above + branch.Name.Trim() + Separator, $"{path}.{Cut(branch.Name)}", level + 1, found);
                    }
                }

                break;
            default:
                _problem(path, $"{Cut(node.GetRawText())} is neither a text nor a list nor a branch of a tree; write values as texts");
                break;
        }
    }

    private static bool IsEmpty(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => node.GetArrayLength() == 0,
        JsonValueKind.Object => node.GetPropertyCount() == 0,
        _ => false,
    };

    private void Add(string above, string name, string path, List<string> found)
    {
        if (!Check(name, path))
        {
            return;
        }

        var value = above + name.Trim();
        if (value.Length > MostCharacters)
        {
            _problem(path, $"'{Cut(value)}' has {value.Length} characters; the most is {MostCharacters}");
            return;
        }

        found.Add(value);
    }

    private bool Check(string name, string path)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
        {
            _problem(path, $"'{Cut(name)}' is blank or has control characters; write a name");
            return false;
        }

        return true;
    }
}
