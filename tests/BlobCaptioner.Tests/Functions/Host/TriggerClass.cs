using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json.Nodes;
using BlobCaptioner.Tests.Functions.Host.Rpc;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Binder = Microsoft.Azure.WebJobs.Binder;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>
/// The class <c>Host.Functions</c> that the platform makes too: a method with the SDK's own trigger attribute for each function that the worker told of.
/// Blob and queue triggers; a timer's extension isn't among the tests' packages, so timers are called by hand.
/// </summary>
internal sealed class TriggerClass : ITypeLocator, IJobActivator
{
    private static readonly Type[] Parameters = [typeof(ParameterBindingData), typeof(Binder), typeof(CancellationToken)];
    private static readonly MethodInfo Forward = typeof(TriggerMethods).GetMethod("ForwardAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly FunctionsHost _host;
    private readonly Type _type;

    /// <summary>Makes it.</summary>
    /// <param name="host">Where calls go.</param>
    /// <param name="functions">What the worker indexed.</param>
    public TriggerClass(FunctionsHost host, IEnumerable<RpcFunctionMetadata> functions)
    {
        _host = host;
        var type = AssemblyBuilder.DefineDynamicAssembly(new("Host.Functions"), AssemblyBuilderAccess.Run).DefineDynamicModule("Host.Functions")
            .DefineType("Host.Functions", TypeAttributes.Public, typeof(TriggerMethods));
        foreach (var function in functions)
        {
            var binding = new Dictionary<string, JsonNode?>(JsonNode.Parse(function.RawBindings.Single())!.AsObject(), StringComparer.OrdinalIgnoreCase);
            if (AttributeOf(binding) is { } trigger)
            {
                Define(type, function.Name, binding["name"]!.GetValue<string>(), trigger);
            }
        }

        _type = type.CreateType();
    }

    /// <inheritdoc/>
    public IReadOnlyList<Type> GetTypes() => [_type];

    /// <inheritdoc/>
    public T CreateInstance<T>()
    {
        var methods = (TriggerMethods)Activator.CreateInstance(_type)!;
        methods.Host = _host;
        return (T)(object)methods;
    }

    private static CustomAttributeBuilder? AttributeOf(Dictionary<string, JsonNode?> binding)
    {
        string? Value(string name) => binding.GetValueOrDefault(name)?.GetValue<string>();
        return Value("type") switch
        {
            "blobTrigger" => Attribute<BlobTriggerAttribute>(
                Value("path")!, ("Connection", Value("connection")), ("Source", Enum.Parse<BlobTriggerSource>(Value("source") ?? nameof(BlobTriggerSource.LogsAndContainerScan)))),
            "queueTrigger" => Attribute<QueueTriggerAttribute>(Value("queueName")!, ("Connection", Value("connection"))),
            _ => null,
        };
    }

    private static void Define(TypeBuilder type, string function, string parameter, CustomAttributeBuilder trigger)
    {
        var method = type.DefineMethod(function, MethodAttributes.Public, typeof(Task), Parameters);
        method.SetCustomAttribute(Attribute<FunctionNameAttribute>(function));
        method.DefineParameter(1, ParameterAttributes.None, parameter).SetCustomAttribute(trigger);
        method.DefineParameter(2, ParameterAttributes.None, "_binder");
        method.DefineParameter(3, ParameterAttributes.None, "_cancellationToken");

        // return ForwardAsync(function, parameter, data, binder, cancellationToken);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldstr, function);
        code.Emit(OpCodes.Ldstr, parameter);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Ldarg_2);
        code.Emit(OpCodes.Ldarg_3);
        code.Emit(OpCodes.Call, Forward);
        code.Emit(OpCodes.Ret);
    }

    private static CustomAttributeBuilder Attribute<T>(string argument, params (string Name, object? Value)[] properties)
    {
        var set = properties.Where(p => p.Value is not null).ToArray();
        return new(typeof(T).GetConstructor([typeof(string)])!, [argument], [.. set.Select(p => typeof(T).GetProperty(p.Name)!)], [.. set.Select(p => p.Value)]);
    }
}
