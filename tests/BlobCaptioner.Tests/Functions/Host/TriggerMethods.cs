using Microsoft.Azure.WebJobs;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>Base of the class that <see cref="TriggerClass"/> makes; public since that class lies in an assembly of its own.</summary>
public abstract class TriggerMethods
{
    internal FunctionsHost Host { get; set; } = null!;

    /// <summary>Passes a trigger's call on to the worker.</summary>
    /// <param name="function">The function's name.</param>
    /// <param name="parameter">The parameter's name in the worker.</param>
    /// <param name="data">What the trigger has for it.</param>
    /// <param name="binder">Knows the trigger's metadata.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    protected Task ForwardAsync(string function, string parameter, ParameterBindingData data, Binder binder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(binder);
        return Host.TriggerAsync(function, parameter, data, binder.BindingData, cancellationToken);
    }
}
