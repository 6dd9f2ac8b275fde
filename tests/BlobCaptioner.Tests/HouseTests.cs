using System.Reflection;
using BlobCaptioner.Captioning;
using BlobCaptioner.Telemetry;
using Mono.Cecil;
using NetArchTest.Rules;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>The floor plan: a folder of <c>src/BlobCaptioner</c> uses only those above it in this list, and no assembly's namespaces use each other in a circle.</summary>
public sealed class HouseTests
{
    private static readonly string[] Folders =
    [
        "Storage", "Text", "Telemetry", "Profiles", "Records", "Images", "Models", "Captioning", "Inference", "Remote", "Pipeline", "Exports", "Evaluation", "Estimates",
    ];

    public static TheoryData<string> Names => [.. Folders];

    [Theory]
    [MemberData(nameof(Names))]
    public void Types_OfAFolder_UseOnlyFoldersAboveIt(string folder)
    {
        string[] below = [.. Folders.SkipWhile(f => f != folder).Skip(1).Select(NamespaceOf)];

        // NetArchTest takes the name of a meter, a constant, for a namespace.
        var types = Types.InAssembly(typeof(ICaptionModel).Assembly).That().ResideInNamespaceStartingWith(NamespaceOf(folder)).And().DoNotHaveName(nameof(CaptionTelemetry));
        Assert.NotEmpty(types.GetTypes());
        if (below.Length > 0)
        {
            var offenders = types.ShouldNot().HaveDependencyOnAny(below).GetResult().FailingTypeNames ?? [];
            Assert.True(!offenders.Any(), $"These types of {folder} use a folder below it ({string.Join(", ", Folders)}): {string.Join(", ", offenders)}");
        }
    }

    [Fact]
    public void Folders_OfTheAssembly_AreThoseOfTheList()
    {
        var namespaces = typeof(ICaptionModel).Assembly.GetTypes()
            .Select(t => t.Namespace ?? "")
            .Where(n => n.StartsWith("BlobCaptioner", StringComparison.Ordinal))
            .Select(n => n.Split('.').ElementAtOrDefault(1) ?? "(top)")
            .Distinct();
        Assert.Equal(Folders.Order(StringComparer.Ordinal), namespaces.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("captioner")]
    [InlineData("BlobCaptioner.Hosting")]
    [InlineData("BlobCaptioner.Web")]
    public void Namespaces_OfAnAssembly_FormNoCircle(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(Assembly.Load(assembly).Location);
        var uses = (
            from type in module.GetTypes()
            from used in TypesUsedBy(type).SelectMany(Definitions)
            let edge = (From: NamespaceOf(type), To: NamespaceOf(used))
            where edge.From != edge.To && edge.From.StartsWith("BlobCaptioner.", StringComparison.Ordinal) && edge.To.StartsWith("BlobCaptioner.", StringComparison.Ordinal)
            group type.FullName by edge).ToDictionary(g => g.Key, g => g.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.NotEmpty(uses);
        var circles =
            from use in uses
            where Reaches(use.Key.To, use.Key.From)
            select $"{use.Key.From} uses {use.Key.To} in {string.Join(", ", use.Value)}";
        Assert.Empty(circles);

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

    private static string NamespaceOf(string folder) => $"BlobCaptioner.{folder}";
}
