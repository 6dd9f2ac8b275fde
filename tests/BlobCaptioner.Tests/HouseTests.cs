using System.Reflection;
using BlobCaptioner.Captioning;
using Mono.Cecil;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>The floor plan: a folder of <c>src/BlobCaptioner</c> uses only those above it, and no assembly's namespaces use each other in a circle.</summary>
public sealed class HouseTests
{
    private static readonly string[] Folders =
    [
        "Validation", "Storage", "Text", "Telemetry", "Profiles", "Records", "Images", "Models", "Captioning", "Inference", "Remote", "Pipeline", "Exports", "Evaluation", "Estimates",
    ];

    [Fact]
    public void Folders_OfTheLogic_UseOnlyThoseAboveThem()
    {
        var offenders =
            from use in UsesOf("BlobCaptioner")
            where Array.IndexOf(Folders, FolderOf(use.Key.To)) > Array.IndexOf(Folders, FolderOf(use.Key.From))
            select Say(use);
        Assert.True(!offenders.Any(), $"A folder uses only those above it in this list: {string.Join(", ", Folders)}.\n{string.Join('\n', offenders)}");
    }

    [Fact]
    public void Folders_OfTheLogic_AreThoseOfTheList() => Assert.Equal(
        Folders.Order(StringComparer.Ordinal),
        typeof(ICaptionModel).Assembly.GetTypes()
            .Where(t => t.Namespace?.StartsWith("BlobCaptioner", StringComparison.Ordinal) == true)
            .Select(t => FolderOf(t.Namespace!)).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("BlobCaptioner")]
    [InlineData("BlobCaptioner.Engine")]
    [InlineData("BlobCaptioner.Hosting")]
    [InlineData("BlobCaptioner.Web")]
    [InlineData("captioner")]
    public void Namespaces_OfAnAssembly_FormNoCircle(string assembly)
    {
        var uses = UsesOf(assembly);
        var circles = from use in uses where Reaches(use.Key.To, use.Key.From) select Say(use);
        Assert.True(!circles.Any(), string.Join('\n', circles));

        bool Reaches(string from, string to)
        {
            var (seen, open) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([from]));
            while (open.TryPop(out var next))
            {
                foreach (var edge in uses.Keys.Where(e => e.From == next && seen.Add(e.To)))
                {
                    open.Push(edge.To);
                }
            }

            return seen.Contains(to);
        }
    }

    /// <summary>Which types of a namespace use which other namespace of the same assembly. Constants, which the compiler inlines, are not seen.</summary>
    private static Dictionary<(string From, string To), string[]> UsesOf(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(Assembly.Load(assembly).Location);
        var uses = (
            from type in module.GetTypes()
            from used in TypesUsedBy(type).SelectMany(Definitions)
            let edge = (From: NamespaceOf(type), To: NamespaceOf(used))
            where edge.From != edge.To && edge.From.StartsWith("BlobCaptioner", StringComparison.Ordinal) && edge.To.StartsWith("BlobCaptioner", StringComparison.Ordinal)
            group type.FullName by edge).ToDictionary(g => g.Key, g => g.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray());
        Assert.NotEmpty(uses);
        return uses;
    }

    private static string Say(KeyValuePair<(string From, string To), string[]> use) => $"{use.Key.From} uses {use.Key.To} in {string.Join(", ", use.Value)}";

    private static IEnumerable<TypeReference?> TypesUsedBy(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(i => i.InterfaceType),
        .. type.CustomAttributes.Select(a => a.AttributeType),
        .. type.Fields.Select(f => f.FieldType),
        .. type.Methods.Select(m => m.ReturnType),
        .. type.Methods.SelectMany(m => m.Parameters).Select(p => p.ParameterType),
        .. type.Methods.Where(m => m.HasBody).SelectMany(m => m.Body.Variables).Select(v => v.VariableType),
        .. type.Methods.Where(m => m.HasBody).SelectMany(m => m.Body.Instructions).SelectMany(i => TypesOf(i.Operand)),
    ];

    private static IEnumerable<TypeReference?> TypesOf(object? operand) => operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [.. TypesOf(method.ElementMethod), .. method.GenericArguments],
        MethodReference method => [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(p => p.ParameterType)],
        _ => [],
    };

    // The types of this assembly that a reference names: generic arguments and elements of arrays count.
    private static IEnumerable<TypeDefinition> Definitions(TypeReference? type) => type switch
    {
        TypeDefinition definition => [definition],
        GenericInstanceType generic => [.. Definitions(generic.ElementType), .. generic.GenericArguments.SelectMany(Definitions)],
        TypeSpecification specification => Definitions(specification.ElementType),
        _ => [],
    };

    private static string NamespaceOf(TypeDefinition type) => type.DeclaringType is { } outer ? NamespaceOf(outer) : type.Namespace;

    private static string FolderOf(string name) => name.Split('.').ElementAtOrDefault(1) ?? "(top)";
}
